"""Before anything is made: what is on AWS already, after a kill or from an earlier life of the network, is found."""

from collections.abc import Mapping

from provisioner.engine import engine
from stacks.aws import ledger
from stacks.aws.accounts import provider_name
from stacks.aws.index import Index, indexes
from stacks.aws.ledger import State
from stacks.aws.recovery import Hand, mended, recover
from stacks.aws.returning import entries, kept

ACCOUNTS: tuple[str, ...] = ("up", "--yes", "--skip-preview")


def found_again(hand: Hand) -> tuple[Mapping[str, Index], tuple[str, ...]]:
    """Mend what a killed run has left, and take back what an earlier `down` has kept.

    Gives what becomes of each database, and notices for people. Raises NetprovError.
    """
    state, notices = mended(hand)
    back = kept(hand.design, hand.cloud, state)
    if back:
        state = _with_accounts(hand, state)
        recover(hand, state, entries(hand.design, state, back))
        state = engine.exported(hand.workspace)
        notices += tuple(f"{each.node} has again what was kept of it: {each.words()}" for each in back)
    return indexes(hand.design, state, back), notices


def _with_accounts(hand: Hand, state: State) -> State:
    """What is taken back is read through its account's provider, which an empty state does not have."""
    from stacks.aws.program import providers

    lacking = [name for name in map(provider_name, hand.design.accounts) if not ledger.provider(state, name)]
    if not lacking:
        return state
    targets = [word for name in lacking for word in ("--target", ledger.urn(hand.design, ledger.PROVIDER, name))]
    verdict = hand.engine((*ACCOUNTS, *targets), lambda: engine.Served(providers(hand.design)))
    if verdict.code:
        raise engine.explain(verdict, hand.workspace)
    return engine.exported(hand.workspace)
