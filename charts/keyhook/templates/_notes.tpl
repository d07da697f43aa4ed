{{/* What the notes say about the values; each a YAML list of lines. */}}

{{- define "keyhook.warnings" -}}
{{- $v := include "keyhook.values" . | fromYaml -}}
{{- if eq $v.image.repository "keyhook" }}
- "image.repository is the default, keyhook, which is in no registry: set it unless the nodes have the image."
{{- end }}
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
{{- if include "keyhook.bridges" . }}
- "certs.caBundle and options.publish are both given, for a change of mode: take certs.caBundle out when the roll-out is through, or each upgrade takes the replicas' anchors away for a moment."
{{- end }}
{{- if and (not (include "keyhook.publishes" .)) (not $v.certs.caBundle) (not (include "keyhook.webhookAnnotations" .)) }}
- "Nobody writes the caBundle: give certs.caBundle, an annotation for cert-manager in webhook.annotations, or options.publish=issuer."
{{- end }}
{{- end -}}

{{/* The command that prepares Vault for this release, with what differs from its own defaults. */}}
{{- define "keyhook.setup" -}}
{{- $v := include "keyhook.values" . | fromYaml -}}
{{- $env := include "keyhook.env" . | fromYaml -}}
{{- $words := list "certs/setup" "--namespace" (include "keyhook.namespace" .) "--service" (include "keyhook.fullname" .) -}}
{{- $words = concat $words (list "--account" (include "keyhook.serviceAccountName" .)) -}}
{{- $auth := get $env "KEYHOOK_PKI_AUTH_PATH" | trimPrefix "auth/" | trimSuffix "/" -}}
{{- $given := list (list "--pki" (get $env "KEYHOOK_PKI_PATH") "pki") (list "--role" (get $env "KEYHOOK_PKI_ROLE") "webhook") (list "--auth" $auth "kubernetes") -}}
{{- $given = concat $given (list (list "--auth-role" (get $env "KEYHOOK_PKI_AUTH_ROLE") "keyhook") (list "--audience" $v.pki.audience "vault")) -}}
{{- range $given -}}
{{- if not (has (index . 1) (list "" (index . 2))) -}}{{- $words = concat $words (initial .) -}}{{- end -}}
{{- end -}}
{{- join " " $words -}}
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
