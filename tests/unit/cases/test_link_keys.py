"""Link keys: equal for the same pair of parties, and no way back to a person."""

from __future__ import annotations

import hashlib
from datetime import datetime

from zaojie_cases.linking.keys import MOST_PARTIES, link_keys
from zaojie_cases.record import SHANGHAI, Case, Party

VILLAGE = "360122105203"
A = {"name": "赵某某", "id_no": "11010119900101123X", "phone": "13800000000"}
B = {"name": "钱某某", "id_no": "110101199001011248", "phone": "13800000001"}


def token_of(party: Party) -> str:
    return hashlib.sha256(repr(sorted(party.identity.items())).encode()).hexdigest()


def keys(*people: dict[str, str], **fields: object) -> set[str]:
    case = Case.model_validate(
        {
            "case_id": "c",
            "source_system": "x",
            "source_case_no": "1",
            "registered_at": datetime(2026, 3, 2, tzinfo=SHANGHAI),
            "region_code": VILLAGE,
            "category_code": "0201",
            "narrative_masked": "水沟",
        }
        | fields
    )
    parties = [Party(party_token="", case_id="c", identity=one) for one in people]
    return set(link_keys(case, parties, token_of))


def kinds(found: set[str]) -> set[str]:
    return {key[0] for key in found}


def test_the_order_and_the_roles_of_a_pair_do_not_matter() -> None:
    assert keys(A, B) == keys(B, A)


def test_a_pair_is_the_same_in_any_place_and_kind_one_party_is_not() -> None:
    here, there = keys(A, B), keys(A, B, region_code="420102001001", category_code="0804")
    assert kinds(here & there) == {"p"}
    assert kinds(keys(A) & keys(A, region_code="360122999001", category_code="0299")) == {"o"}
    assert not keys(A) & keys(A, region_code="420102001001")
    assert not keys(A) & keys(A, category_code="0804")
    assert keys(A, region_code=None) == keys(A, category_code=None) == set()


def test_one_office_knows_the_number_and_another_name_and_phone() -> None:
    by_number = [{"id_no": one["id_no"]} for one in (A, B)]
    by_phone = [{"name": one["name"], "phone": one["phone"]} for one in (A, B)]
    assert kinds(keys(A, B) & keys(*by_number)) == kinds(keys(A, B) & keys(*by_phone)) == {"o", "p"}
    assert not keys(*by_number) & keys(*by_phone)


def test_a_name_or_a_phone_alone_makes_no_key() -> None:
    assert keys({"name": "赵某某"}, {"phone": "13800000000"}, {"name": "", "phone": ""}) == set()


def test_who_stands_in_a_case_twice_is_one_person() -> None:
    assert keys(A, A) == keys(A)
    assert keys(A, {"id_no": A["id_no"]}, B) == keys(A, B)


def test_a_list_of_signers_makes_one_key() -> None:
    people = [{"id_no": f"{n:018}"} for n in range(MOST_PARTIES + 1)]
    assert len(keys(*people)) == 1
    assert keys(*people) == keys(*reversed(people)) != keys(*people[:-1])


def test_a_type_by_the_judicial_table_can_be_of_several_kinds() -> None:
    wide = keys(A, category_code=None, judicial_type="损害赔偿纠纷")
    assert keys(A, category_code="0303") <= wide
    assert keys(A, category_code="0505") <= wide
    assert not keys(A) & wide


def test_no_key_holds_or_is_a_token() -> None:
    found = "".join(keys(A, B))
    for one in (A, B):
        for identity in (one, {"id_no": one["id_no"]}, {k: one[k] for k in ("name", "phone")}):
            token = token_of(Party(party_token="", case_id="c", identity=identity))
            assert token not in found
            assert token[:24] not in found
        assert one["id_no"] not in found
