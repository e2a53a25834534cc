from __future__ import annotations

import pickle

from mailguard.broadcast.whom import ResolverFactory, Whom
from mailguard.identity.person import unknown
from mailguard.mail.mailbox import parse_mailbox
from mailguard.policy.limits import Limits
from mailguard.relay.audience_resolution import AudienceResolver
from mailguard.relay.settings import Identity


def test_nobody_else_is_meant_unless_it_is_said() -> None:
    who = Whom(unknown(parse_mailbox("ann@people.example")))
    assert (who.possible, who.is_on_record) == ("", False)


def test_relays_resolver_is_one_and_goes_to_another_process() -> None:
    factory: ResolverFactory = AudienceResolver(Identity(region="GB"), Limits())
    assert pickle.loads(pickle.dumps(factory)) == factory
