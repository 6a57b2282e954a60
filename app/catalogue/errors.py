"""Why a catalogue, or a look into it, is refused."""

from collections.abc import Sequence

from app.foundation.errors import InvalidInput, NotFound
from app.rules.faults import Fault


class ServiceNotFound(NotFound):
    """No such service is published."""

    code = "catalogue.service_not_found"
    message = "没有找到这个事项，可能已经下线，请返回事项列表重新查找"


class CatalogueRefused(InvalidInput):
    """Services that do not hold together; every fault with its path (`svc-x.stages[2].after`)."""

    code = "catalogue.refused"
    message = "事项内容有误，请按提示修改后再发布"

    def __init__(self, faults: Sequence[Fault]) -> None:
        errors: dict[str, list[str]] = {}
        for fault in faults:
            errors.setdefault(fault.path, []).append(fault.message)
        super().__init__(errors)

    def __str__(self) -> str:
        return "\n".join(f"{path}: {'；'.join(texts)}" for path, texts in self.errors.items())
