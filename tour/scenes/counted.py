"""Scene 6: what operations see: the page, the same numbers as JSON, and metrics for Prometheus."""

from tour.counter import Officer
from tour.places import Places
from tour.telling import Teller
from tour.wire import Wire


def operations_look(tell: Teller, operator: Officer, places: Places) -> None:
    """The operator opens the page and reads honest numbers."""
    operator.log_in()
    site = Wire(places.api)
    page = site.send("GET", "/ops/", expect=200)
    tell.expect("运行监测" in str(page.body), "运行监测页面打得开")
    numbers = Wire(f"{places.api}/api/v1", token=operator.api.token).get("/ops/summary")
    pushes, ratings = numbers["pushes"]["by_state"], numbers["ratings"]
    tell.expect(numbers["logins"]["count"] > 0, "登录被计数")
    tell.expect(numbers["matches"]["eligible"] > 0, "匹配被计数")
    tell.expect(pushes.get("delivered", 0) > 0, "已送达的推送被计数")
    tell.expect(pushes.get("suppressed", 0) > 0, "没有发出的推送也如实计数")
    tell.expect(numbers["cases"].get("approved", 0) > 0, "办件被计数")
    tell.expect(ratings["by_score"]["2"] > 0, "两星评价被计数")
    metrics = str(site.send("GET", "/metrics", expect=200).body)
    tell.expect("# HELP" in metrics, "Prometheus 指标可读")
    tell.sees(
        operator.name,
        f"今日登录{numbers['logins']['count']}次；符合条件的匹配{numbers['matches']['eligible']}条；"
        f"推送已送达{pushes['delivered']}、仅站内{pushes['suppressed']}；"
        f"办结通过{numbers['cases']['approved']}件、超期{numbers['overdue']}件；"
        f"评价{ratings['rated']}/{ratings['handled']}，其中2星{ratings['by_score']['2']}条",
    )
