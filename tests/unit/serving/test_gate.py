from __future__ import annotations

from pathlib import Path

import pytest

from zaojie_cases.errors import ConfigError, InputError
from zaojie_cases.store import Store
from zaojie_serving.gate import check_exposure, is_loopback
from zaojie_serving.keys import Keys
from zaojie_serving.settings import ServingSettings
from zaojie_serving.tables import KeyRow


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    store = Store(f"sqlite:///{tmp_path / 'zaojie.db'}")
    store.upgrade()
    return Keys(store)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "localhost"])
def test_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "10.0.0.8", "localhost.example", "", "testclient"]
)
def test_not_this_machine(host: str) -> None:
    assert not is_loopback(host)


def test_an_open_address_needs_a_key(keys: Keys) -> None:
    settings = ServingSettings(host="0.0.0.0")
    with pytest.raises(ConfigError, match="zaojie key new"):
        check_exposure(settings, keys)
    keys.new("hotline")
    check_exposure(settings, keys)


def test_a_demonstration_stays_on_this_machine(keys: Keys) -> None:
    keys.new("hotline")
    with pytest.raises(ConfigError, match="--demo"):
        check_exposure(ServingSettings(host="0.0.0.0", demo=True), keys)
    check_exposure(ServingSettings(host="::1", demo=True), keys)


def test_a_key_is_known_until_it_is_revoked(keys: Keys) -> None:
    key = keys.new("12345热线")
    assert keys.name_of(key) == "12345热线"
    assert keys.name_of(key + "x") is None
    keys.revoke("12345热线")
    assert keys.name_of(key) is None
    with pytest.raises(InputError):
        keys.revoke("12345热线")


def test_a_name_has_one_key_and_a_plain_form(keys: Keys) -> None:
    keys.new("hotline")
    for name in ("hotline", "", "a b", "x" * 65):
        with pytest.raises(InputError):
            keys.new(name)


def test_the_store_does_not_hold_the_key(keys: Keys, tmp_path: Path) -> None:
    key = keys.new("hotline")
    with Store(f"sqlite:///{tmp_path / 'zaojie.db'}") as store, store.reading() as session:
        row = session.get(KeyRow, "hotline")
    assert row is not None
    assert key not in f"{row.name} {row.digest}"
    assert len(key) > 40
