"""How often the servers are asked: by the times at which the fakes read the requests."""

import pytest

from certificates import HOOK, ready, reasons, wait_ready
from daemon import HANG_GUARD, wait_for
from scrape import value

TEND_GUARD = 10 * HANG_GUARD  # the token is looked at once a minute
TOKEN_LIFE = 80  # seconds: two thirds are over when it is looked at for the first time
WISH = 4  # seconds of Retry-After: more than any first wait of ours


def gaps(requests):
    times = [r.when for r in requests]
    return [after - before for before, after in zip(times, times[1:])]


def writes(world):
    return [r for r in world.kube.seen("patch") if r.status == 200]


def test_writes_keep_their_distance(world):
    """A second between two, and ten while somebody else writes again and again."""
    daemon = world.start_vault()
    wait_ready(daemon)
    whole, count = world.bundle, 0

    def overwrite():
        nonlocal count
        count += 1
        world.kube.overwrite(HOOK, f"# {count}\n", manager="other-injector")

    def is_told():
        overwrite()
        return "WebhookBundleContested" in reasons(world.kube)

    wait_for(is_told, "the Event")
    told = world.kube.seen("event")[-1].when
    for n in (1, 2):
        wait_for(lambda n=n: sum(w.when > told for w in writes(world)) >= n and world.bundle == whole,
                 "a repair")
        overwrite()
    assert len(writes(world)) > 3 and min(gaps(writes(world))) >= 1
    assert min(gaps([w for w in writes(world) if w.when > told])) >= 9
    assert value(daemon, "keyhook_webhook_contested") == 1


def test_a_refused_watch_is_not_asked_for_at_once(world):
    world.kube.script("watch", status=500)
    wait_ready(world.start_vault())
    wait_for(lambda: len(world.kube.seen("watch")) >= 4, "watches")
    # The waits begin with a second and double; each is changed by up to a quarter.
    assert all(gap >= least for gap, least in zip(gaps(world.kube.seen("watch")), (0.75, 1.5, 3)))


def test_a_watch_that_ends_at_once_is_not_asked_for_all_the_time(world):
    world.kube.script("watch", status=200, body="")
    wait_ready(world.start_vault())
    wait_for(lambda: len(world.kube.seen("watch")) >= 6, "watches")
    # A tenth of a second, doubled each time, give or take a quarter.
    assert all(gap >= least for gap, least in zip(gaps(world.kube.seen("watch")), (0.075, 0.15, 0.3, 0.6, 1.2)))


@pytest.mark.parametrize("endpoint", ["get", "patch"])
def test_the_api_server_says_when(world, endpoint):
    world.kube.script(endpoint, status=429, headers={"Retry-After": str(WISH)}, times=1)
    daemon = world.start_vault()
    wait_ready(daemon)
    refused = next(r for r in world.kube.seen(endpoint) if r.status == 429)
    later = [r for r in world.kube.seen() if r.endpoint in ("get", "patch") and r.when > refused.when]
    assert later[0].when - refused.when >= WISH


def test_vault_says_when(world):
    world.vault.script("sign", status=429, errors=["quota"], headers={"Retry-After": str(WISH)}, times=1)
    wait_ready(world.start_vault())
    assert gaps(world.vault.seen("sign"))[0] >= WISH


def start_with_token(world, text):
    file = world.tmp_path / f"token-{text[-1]}"
    file.write_text(text, encoding="ascii")
    world.vault.add_token(text, ttl=TOKEN_LIFE)
    return world.start(*world.vault_args(**{"pki-auth-role": None, "pki-jwt-file": None,
                                            "pki-token-file": file}), publish=False)


def test_tokens_from_files_are_renewed(world):
    """Long before a new certificate is due; a refusal is told and counted, and nobody is hurt."""
    daemons = {text: start_with_token(world, text) for text in ("canary-token-1", "canary-token-2")}
    wait_ready(*daemons.values())
    ends = {text: token.end for text, token in world.vault.tokens.items()}
    world.vault.script("renew", status=500, errors=["internal error"], times=1)
    wait_for(lambda: sum(r.status is not None for r in world.vault.seen("renew")) == 2, "both renewals",
             guard=TEND_GUARD)
    texts = {r.status: r.headers["x-vault-token"] for r in world.vault.seen("renew")}
    assert world.vault.tokens[texts[200]].end > ends[texts[200]] + TOKEN_LIFE / 2
    good, bad = daemons[texts[200]], daemons[texts[500]]
    told, = wait_for(lambda: bad.events("the token of Vault was not renewed"), "a line")
    assert told["class"] == "server" and "internal error" in told["error"]
    assert value(bad, "keyhook_certificate_failures_total", **{"class": "server"}) == 1
    assert not good.events("the token of Vault was not renewed")
    assert value(good, "keyhook_certificate_failures_total", **{"class": "server"}) == 0
    for one in daemons.values():
        assert value(one, "keyhook_certificate_renewals_total", result="failed") == 0
        assert ready(one)[0] == 204
