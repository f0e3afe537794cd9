"""The PynamoDB models against the tables of the template."""

from collections.abc import Iterator
from typing import Any

import pytest
from pynamodb.indexes import Index
from pynamodb.models import Model

from openchair.settings import settings
from openchair.store import tables as tables  # defines the models
from tests.structure.template import resources

SETTINGS = {f"{name}Table": f"{name.upper()}_TABLE" for name in ("Practices", "Tasks", "Claims", "Limits")}
TABLES = resources("AWS::DynamoDB::Table")
MODELS: list[Any] = Model.__subclasses__()


@pytest.fixture(autouse=True)
def each_setting_names_its_table(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for table, setting in SETTINGS.items():
        monkeypatch.setenv(setting, table)
    settings.cache_clear()
    yield
    settings.cache_clear()


def keys(attributes: dict[str, Any]) -> list[tuple[str, str]]:
    """(name, HASH or RANGE) in the template's order."""
    found = attributes.values()
    return [
        *[(attribute.attr_name, "HASH") for attribute in found if attribute.is_hash_key],
        *[(attribute.attr_name, "RANGE") for attribute in found if attribute.is_range_key],
    ]


def in_template(schema: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(key["AttributeName"], key["KeyType"]) for key in schema]


def indexes(model: Any) -> list[Index[Any]]:
    return [value for value in vars(model).values() if isinstance(value, Index)]


def types_of(model: Any) -> dict[str, str]:
    return {attribute.attr_name: attribute.attr_type for attribute in model.get_attributes().values()}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_model_has_the_keys_of_its_table(model: Any) -> None:
    table = TABLES[model.Meta.table_name]
    defined = {one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]}

    assert keys(model.get_attributes()) == in_template(table["KeySchema"])
    assert {name: kind for name, kind in types_of(model).items() if name in defined}.items() <= defined.items()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_an_index_of_a_model_is_one_of_its_table(model: Any) -> None:
    table = TABLES[model.Meta.table_name]
    declared = {one["IndexName"]: one for one in table.get("GlobalSecondaryIndexes", [])}

    for index in indexes(model):
        in_stack = declared[index.Meta.index_name]
        assert keys(index.Meta.attributes) == in_template(in_stack["KeySchema"])
        assert in_stack["Projection"]["ProjectionType"] == index.Meta.projection.projection_type
        for attribute in index.Meta.attributes.values():
            assert types_of(model)[attribute.attr_name] == attribute.attr_type


def test_every_table_and_every_index_is_used() -> None:
    used = {model.Meta.table_name: set[str]() for model in MODELS}
    for model in MODELS:
        used[model.Meta.table_name] |= {index.Meta.index_name for index in indexes(model)}

    declared = {
        name: {one["IndexName"] for one in table.get("GlobalSecondaryIndexes", [])} for name, table in TABLES.items()
    }
    assert used == declared


def test_only_key_attributes_are_defined() -> None:
    for table in TABLES.values():
        schemas = [table["KeySchema"], *[one["KeySchema"] for one in table.get("GlobalSecondaryIndexes", [])]]
        used = {name for schema in schemas for name, _ in in_template(schema)}
        assert {one["AttributeName"] for one in table["AttributeDefinitions"]} == used


def test_what_expires_has_the_attribute_that_the_table_watches() -> None:
    for model in MODELS:
        expiry = TABLES[model.Meta.table_name].get("TimeToLiveSpecification")
        if "expires_at" in types_of(model):
            assert expiry == {"AttributeName": "expires_at", "Enabled": True}
            assert types_of(model)["expires_at"] == "N"
