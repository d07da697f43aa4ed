# The policy as the decision record has it, word for word. It does not work, and setup does not install it: the two
# denials at the end also take away what the policy "default" grants, because a denial wins over every grant.
#
#   auth/*  the agent can no longer renew its token (auth/token/renew-self) or look itself up
#   sys/*   it can no longer renew the lease of a database credential (sys/leases/renew)
#
# Secrets are rendered at first, and everything dies at the first TTL. policies/phoenix-guardian-app.hcl is the one
# that works; a test shows both.

path "phoenix-guardian/data/api/*" {
  capabilities = ["read"]
}

path "database/creds/app-role" {
  capabilities = ["read"]
}

path "transit/encrypt/patient-data" {
  capabilities = ["update"]
}

path "transit/decrypt/patient-data" {
  capabilities = ["update"]
}

path "sys/*" {
  capabilities = ["deny"]
}

path "auth/*" {
  capabilities = ["deny"]
}
