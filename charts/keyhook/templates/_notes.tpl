{{/* What the notes say about the values; each a YAML list of lines. */}}

{{- define "keyhook.warnings" -}}
{{- $v := include "keyhook.values" . | fromYaml -}}
{{- if and (eq (include "keyhook.vaultAddress" .) (include "keyhook.defaultVaultAddress" .)) (not $v.vault.address) }}
- "The address of Vault is the default, {{ include "keyhook.defaultVaultAddress" . }}: set vault.address if yours is another."
{{- end }}
{{- if eq (include "keyhook.failurePolicy" .) "Ignore" }}
- "webhook.failurePolicy is Ignore: {{ ternary "when the webhook cannot be reached, the policy refuses the pods that ask for secrets instead." "when the webhook cannot be reached, pods start without their secrets." (eq (include "keyhook.policyAction" .) "Deny") }}"
{{- end }}
{{- if ne (include "keyhook.policyAction" .) "Deny" }}
- "policy.action is {{ include "keyhook.policyAction" . | default "off" }}: nothing refuses pods that ask for secrets while the webhook is not registered."
{{- end }}
{{- if lt (int64 $v.replicas) 2 }}
- "There is one replica: while it moves, pods that ask for secrets are not created."
{{- end }}
{{- if and (not (include "keyhook.publishes" .)) (not $v.certs.caBundle) (not (include "keyhook.webhookAnnotations" .)) }}
- "Nobody writes the caBundle: give certs.caBundle, an annotation for cert-manager in webhook.annotations, or options.publish=issuer."
{{- end }}
{{- end -}}

{{- define "keyhook.ineffective" -}}
{{- $v := include "keyhook.values" . | fromYaml -}}
{{- if hasKey $v "leaderElector" }}
- "leaderElector: the replicas need no leader."
{{- end }}
{{- if contains "-agent-injector" (include "keyhook.text" (dict "root" . "value" $v.affinity)) }}
- "affinity chooses pods by the labels of vault-helm, which these do not bear; they are spread over nodes without it."
{{- end }}
{{- if and (kindIs "map" $v.global.psp) (($v.global.psp).enable) }}
- "global.psp: Kubernetes has no PodSecurityPolicy any more; the pods fit Pod Security `restricted`."
{{- end }}
{{- if and $v.hostNetwork $v.global.openshift }}
- "hostNetwork: not on OpenShift."
{{- end }}
{{- range list "server" "csi" "ui" "serverTelemetry" }}
{{- if hasKey $.Values . }}
- "{{ . }}: this chart installs the injector alone; leave Vault's own parts to vault-helm."
{{- end }}
{{- end }}
{{- end -}}
