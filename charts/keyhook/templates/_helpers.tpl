{{/* Names, labels, and the values as they count. */}}

{{/*
The values as they count, as YAML: those of this chart with the block `injector` of vault-helm laid over
them. Every template reads them from here, so that a value can be given in either place.
    {{- $v := include "keyhook.values" . | fromYaml }}
Made once and kept in the root, which all templates of the chart share.
*/}}
{{- define "keyhook.values" -}}
{{- if not (hasKey . "keyhookValues") -}}
{{- $values := omit (deepCopy .Values) "injector" -}}
{{- include "keyhook.checkTwice" . -}}
{{- include "keyhook.replace" (dict "under" $values "over" (default dict .Values.injector)) -}}
{{- include "keyhook.overlay" (dict "under" $values "over" (default dict .Values.injector)) -}}
{{- include "keyhook.checkBlocks" $values -}}
{{- $_ := set . "keyhookValues" (toJson $values) -}}
{{- end -}}
{{- .keyhookValues -}}
{{- end -}}

{{/* A block with nothing but comments in it is null, and takes the defaults away that stand in it. */}}
{{- define "keyhook.checkBlocks" -}}
{{- $blocks := list "global" "vault" "agentImage" "agentDefaults" "metrics" "certs" "pki" "webhook" "policy" "image" -}}
{{- $more := list "service" "serviceAccount" "livenessProbe" "readinessProbe" "startupProbe" "securityContext" -}}
{{- range concat $blocks $more (list "test" "monitoring") -}}
{{- if not (kindIs "map" (get $ .)) -}}
{{- fail (printf "%s: there is nothing in this block: fill it, or leave it out" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
Without this a value at the top level would be lost without a word, when a values file of vault-helm has another one.
Helm gives templates the merged values alone: files/defaults.yaml tells what somebody gave from what is in the chart.
*/}}
{{- define "keyhook.checkTwice" -}}
{{- with .Values.injector -}}
{{- $defaults := $.Files.Get "files/defaults.yaml" | fromYaml -}}
{{- with include "keyhook.twice" (dict "given" $.Values "over" . "defaults" $defaults "path" "") | fromYamlArray -}}
{{- $hint := "give each once (old defaults, which --reuse-values brings along, go with --reset-then-reuse-values)" -}}
{{- fail (printf "given twice and differently: %s: %s" (join ", " .) $hint) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* A YAML list of the names that are in `given`, differ there from `defaults`, and are something else in `over`. */}}
{{- define "keyhook.twice" -}}
{{- $given := .given -}}
{{- $defaults := .defaults -}}
{{- $path := .path -}}
{{- range $key, $value := .over -}}
{{- $top := get $given $key -}}
{{- $default := get $defaults $key -}}
{{- $name := printf "%s%s" $path $key -}}
{{- if and (kindIs "map" $top) (kindIs "map" $value) (ne $key "resources") }}
{{ include "keyhook.twice" (dict "given" $top "over" $value "defaults" (default dict $default) "path" (printf "%s." $name)) }}
{{- else if and (hasKey $given $key) (not (and (kindIs "map" $top) (empty $value))) (ne (toJson $top) (toJson $default)) (ne (toJson $top) (toJson $value)) }}
- {{ printf "%s and injector.%s" $name $name | quote }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What is one value, in `under`: resources, as a request may not be above a limit, and a budget that is taken away. */}}
{{- define "keyhook.replace" -}}
{{- if .over.resources -}}
{{- $_ := unset .under "resources" -}}
{{- end -}}
{{- if and (hasKey .over "podDisruptionBudget") (kindIs "invalid" .over.podDisruptionBudget) -}}
{{- $_ := unset .under "podDisruptionBudget" -}}
{{- end -}}
{{- end -}}

{{/*
Lays `over` on `under`, in place and key by key. Unlike mergeOverwrite it also takes what is empty, but for a
block that has nothing but comments in it.
*/}}
{{- define "keyhook.overlay" -}}
{{- $under := .under -}}
{{- range $key, $value := .over -}}
{{- $old := get $under $key -}}
{{- if and (kindIs "map" $value) (kindIs "map" $old) -}}
{{- include "keyhook.overlay" (dict "under" $old "over" $value) -}}
{{- else if not (and (kindIs "invalid" $value) (kindIs "map" $old)) -}}
{{- $_ := set $under $key $value -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* "true" when there is something to install, else empty. */}}
{{- define "keyhook.enabled" -}}
{{- $v := include "keyhook.values" . | fromYaml -}}
{{- $own := toString $v.enabled -}}
{{- if or (eq $own "true") (and (eq $own "-") (ne (toString $v.global.enabled) "false")) -}}true{{- end -}}
{{- end -}}

{{- define "keyhook.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* The name of nearly every object. Long names are cut, because some of them become host names. */}}
{{- define "keyhook.fullname" -}}
{{- $name := include "keyhook.name" . -}}
{{- $made := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $made .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "keyhook.namespace" -}}
{{- default .Release.Namespace .Values.global.namespace -}}
{{- end -}}

{{/* The name that the API server calls the webhook by, and that its certificate is for. */}}
{{- define "keyhook.host" -}}
{{- include "keyhook.fullname" . }}.{{ include "keyhook.namespace" . }}.svc
{{- end -}}

{{- define "keyhook.serviceAccountName" -}}
{{- $v := include "keyhook.values" . | fromYaml -}}
{{- default (include "keyhook.fullname" .) $v.serviceAccount.name -}}
{{- end -}}

{{- define "keyhook.selectorLabels" -}}
app.kubernetes.io/name: {{ include "keyhook.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "keyhook.labels" -}}
{{- $v := include "keyhook.values" . | fromYaml -}}
{{- toYaml (merge (include "keyhook.ownLabels" . | fromYaml) (default dict $v.commonLabels)) -}}
{{- end -}}

{{/* Those that no value can replace. */}}
{{- define "keyhook.ownLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "keyhook.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{/* name, namespace, labels and annotations of an object: (dict "root" . "name" N "annotations" M "cluster" true) */}}
{{- define "keyhook.metadata" -}}
{{- $v := include "keyhook.values" .root | fromYaml -}}
name: {{ default (include "keyhook.fullname" .root) .name }}
{{- if not .cluster }}
namespace: {{ include "keyhook.namespace" .root }}
{{- end }}
labels:
  {{- include "keyhook.labels" .root | nindent 2 }}
{{- $annotations := merge dict (include "keyhook.text" (dict "root" .root "value" .annotations) | fromYaml) (default dict $v.commonAnnotations) }}
{{- with $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/*
A value that may be text with templates in it, as vault-helm has many: (dict "root" . "value" V). Such texts name
templates of vault-helm. Ours stand in for them under their own names, for those of vault-helm may be there as well,
in a chart that installs both.
*/}}
{{- define "keyhook.text" -}}
{{- if kindIs "string" .value -}}
{{- tpl (regexReplaceAll `"vault\.(name|fullname)"` .value `"keyhook.$1"`) .root | trim -}}
{{- else if .value -}}
{{- toYaml .value -}}
{{- end -}}
{{- end -}}
