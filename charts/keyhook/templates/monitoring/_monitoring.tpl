{{/* What the monitoring objects share. */}}

{{/* Metadata with labels of its own, by which operators and sidecars choose: (dict "root" . "labels" L "name" N) */}}
{{- define "keyhook.monitoring.metadata" -}}
{{- $metadata := include "keyhook.metadata" (dict "root" .root "name" .name "annotations" .annotations) | fromYaml -}}
{{- $labels := merge dict (default dict .labels) $metadata.labels -}}
{{- toYaml (set $metadata "labels" $labels) -}}
{{- end -}}

{{/* How the plain port is scraped, for ServiceMonitor and PodMonitor alike: (dict "root" . "monitor" M) */}}
{{- define "keyhook.monitoring.endpoint" -}}
port: plain
path: /metrics
scheme: http
{{- with .monitor.interval }}
interval: {{ . }}
{{- end }}
{{- with .monitor.scrapeTimeout }}
scrapeTimeout: {{ . }}
{{- end }}
relabelings:
  # The same job whichever of the two scrapes, and the one that alerts and dashboard ask for.
  - targetLabel: job
    replacement: {{ include "keyhook.fullname" .root }}
  {{- with .monitor.relabelings }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .monitor.metricRelabelings }}
metricRelabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Which pods or Service, for both. */}}
{{- define "keyhook.monitoring.selection" -}}
namespaceSelector:
  matchNames: [{{ include "keyhook.namespace" . }}]
selector:
  matchLabels:
    {{- include "keyhook.selectorLabels" . | nindent 4 }}
{{- end -}}

{{/* What stands between two @ in files/alerts.yaml: name -> text. */}}
{{- define "keyhook.alerts.replacements" -}}
{{- $v := include "keyhook.values" . | fromYaml -}}
{{- $rule := $v.monitoring.prometheusRule -}}
{{- $own := printf "job=%q,namespace=%q" (include "keyhook.fullname" .) (include "keyhook.namespace" .) -}}
{{- $texts := dict "keyhook" (default $own $rule.matchers) "webhook" "pods.inject.keyhook" "replicas" (toString (int64 $v.replicas)) -}}
{{- range $name, $value := $rule.thresholds -}}
{{- $_ := set $texts $name (include "keyhook.scalar" $value) -}}
{{- end -}}
{{- toYaml $texts -}}
{{- end -}}

{{/* "true" when an alert says something in this mode: (dict "root" . "when" W) */}}
{{- define "keyhook.alerts.applies" -}}
{{- if eq (toString .when) "vault" -}}
{{- if eq (include "keyhook.certsSource" .root) "vault" -}}true{{- end -}}
{{- else if eq (toString .when) "publishing" -}}
{{- include "keyhook.publishes" .root -}}
{{- else -}}
true
{{- end -}}
{{- end -}}
