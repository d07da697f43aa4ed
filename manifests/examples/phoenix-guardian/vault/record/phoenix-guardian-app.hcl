# The policy as the decision record has it, word for word. setup does not install it. The two denials at the end reach
# further than they were meant to:
#
#   auth/*  the agent cannot renew its token (auth/token/renew-self), look itself up, or revoke it
#   sys/*   it cannot renew the lease of a database credential (sys/leases/renew)
#
# Secrets are rendered at first, and everything ends at its first TTL.
#
# It does not show as long as a token has Vault's policy "default", too: that grants these paths by their whole names, and
# a whole name goes before a pattern, denial or not. It shows with the first role that leaves "default" out
# (token_no_default_policy), as all roles here do, and wherever "default" has been made smaller or written with
# patterns: of two equal patterns the denial wins. policies/ has what works in either case; a test shows all of it.

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
