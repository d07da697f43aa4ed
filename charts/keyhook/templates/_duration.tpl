{{/*
A duration such as 10s or 1m30s in whole seconds, rounded up:
    include "keyhook.seconds" (dict "of" "options.drain-period" "text" "1m30s")
*/}}
{{- define "keyhook.seconds" -}}
{{- $units := dict "h" 3600.0 "m" 60.0 "s" 1.0 "ms" 0.001 "us" 0.000001 "µs" 0.000001 "ns" 0.000000001 -}}
{{- $part := "([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(h|ms|m|s|us|µs|ns)" -}}
{{- if not (regexMatch (printf "^(0|(%s)+)$" $part) .text) -}}
{{- fail (printf "%s: '%s' is not a duration such as 10s or 1m30s" .of .text) -}}
{{- end -}}
{{- $sum := 0.0 -}}
{{- range regexFindAll $part .text -1 -}}
{{- $number := regexFind "^[0-9.]+" . -}}
{{- $sum = addf $sum (mulf (float64 $number) (get $units (trimPrefix $number .))) -}}
{{- end -}}
{{- ceil $sum | int64 -}}
{{- end -}}

{{/* How long a pod may take to end: drain period, time-out of the requests in flight, and some slack. */}}
{{- define "keyhook.gracePeriod" -}}
{{- $env := include "keyhook.env.given" . | fromYaml -}}
{{- $drain := include "keyhook.seconds" (dict "of" "drain-period" "text" (default "10s" $env.KEYHOOK_DRAIN_PERIOD)) -}}
{{- $stop := include "keyhook.seconds" (dict "of" "stop-timeout" "text" (default "10s" $env.KEYHOOK_STOP_TIMEOUT)) -}}
{{- add $drain $stop 10 -}}
{{- end -}}
