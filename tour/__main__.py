"""`python -m tour`: walk the whole errand on the running system; exit code 0 where every promise held."""

import sys

from tour.counter import Officer
from tour.phone import Phone
from tour.places import Places
from tour.scenes import counted, handled, known, told
from tour.telling import Surprise, Teller


def walk(places: Places, tell: Teller) -> None:
    """Walk the six scenes; raises Surprise where something else happens than the errand promises."""
    elder, neighbour = (Phone.of(places, key) for key in ("yuzhong_elder", "yuzhong_elder_level_unknown"))
    silent = Phone.of(places, "yuzhong_elder_no_credit")
    author = Officer.of(places, "policy.author")
    approvers = Officer.of(places, "policy.approver"), Officer.of(places, "policy.second")
    clerk, stranger = (Officer.of(places, name) for name in ("yuzhong.case", "jiangbei.case"))
    tell.scene(1, "渝中区82岁的老人登录、实名、授权，信息自己来")
    known.becomes_known(tell, elder)
    tell.scene(2, "政策找人：符合的说清为什么，说不清的说还差什么")
    known.policies_find_her(tell, elder, neighbour)
    tell.scene(3, "新政策发布，找到该找的人")
    told.policy_finds_people(tell, author, approvers, elder, silent)
    tell.scene(4, "分步申请高龄津贴")
    case = handled.she_applies(tell, elder)
    tell.scene(5, "经办人受理、一次告知、审批；她收到结果并评价")
    handled.officers_decide(tell, elder, case, clerk=clerk, stranger=stranger)
    tell.scene(6, "运行监测")
    counted.operations_look(tell, Officer.of(places, "operations"), places)


def main() -> int:
    """Walk and tell how it went."""
    tell = Teller()
    try:
        walk(Places.read(), tell)
    except FileNotFoundError:
        print("系统没有在运行：先 make run，或直接 make tour（没启动会先启动）", file=sys.stderr)
        return 2
    except Surprise as surprise:
        print(f"\n全程在 {tell.elapsed:.1f} 秒处停下：{surprise}", file=sys.stderr)
        return 1
    print(f"\n全程走完：{tell.checked} 项承诺都兑现，用时 {tell.elapsed:.1f} 秒")
    return 0


if __name__ == "__main__":
    sys.exit(main())
