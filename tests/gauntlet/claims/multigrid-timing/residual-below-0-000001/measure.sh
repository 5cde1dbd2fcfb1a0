#!/bin/sh
# Last residual, by nothing but awk.
input=$(sed -n 's/.*"residuals":"\([^"]*\)".*/\1/p' /claim/request.json)
last=$(awk 'END { print $2 + 0 }' "$input")
[ -n "$last" ] && [ "$last" != 0 ] || exit 1
printf '{"protocol": "claim-script-v1", "tables": {}, "quantities": {"residual": {"value": %s, "unit": "dimensionless"}}}' \
    "$last" > /claim/run/observations.json
