"""What the requests about materials cost where they cost most (fixture `cold`)."""

from app.residents.types import Purpose
from tests.blueprints.applications.papers import HUKOU, Papers
from tests.support.uploads import noise


def test_submitting_with_something_to_follow_stays_within_ten_statements(
    verified, registries, clamd, cold
) -> None:
    errand = Papers(verified(allows=(Purpose.MATCHING,))).but_the_register()
    assert errand.defer(HUKOU).status_code == 200
    assert cold(errand.client, "POST", f"{errand.url}/submission") > 4


def test_nine_files_cost_as_much_as_one(verified, registries, clamd, query_budget) -> None:
    errand = Papers(verified(allows=(Purpose.MATCHING,))).open()
    uploads = [errand.phone().upload(noise((320, 240 + n))) for n in range(9)]
    counts = []
    for some in (uploads[:1], uploads[1:]):
        version = errand.read()["version"]
        with query_budget(10) as statements:
            assert errand.attach(HUKOU, *some, version=version).status_code == 200
        counts.append(len(statements))
    assert counts[1] <= counts[0]
    assert errand.attach(HUKOU, *uploads, *uploads[:1]).status_code == 422, "nine are enough"
