"""moto's expressions of DynamoDB, read once and walked quickly.

The application has some dozens of them and makes each thousands of times, with other values. moto reads an expression
anew for every call, twice; copies what it read by the general means, and walks it ten times asking each node's family.
"""

import copy
from collections import deque
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pytest
from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.parsing import validators
from moto.dynamodb.parsing.ast_nodes import DepthFirstTraverser, Expression, Node, UpdateExpressionFunction
from moto.dynamodb.parsing.expressions import UpdateExpressionParser

_read_update, _lex, _parse = (
    UpdateExpressionParser.make, ConditionExpressionParser._lex_condition_expression, ConditionExpressionParser.parse,
)  # fmt: skip
_last: list[tuple[Any, Any]] = []


@lru_cache(2000)
def _update(expression: str) -> Node:
    """Who changes it makes a copy first: see ``validators.Validator``."""
    return _read_update(expression)


@lru_cache(2000)
def _words(condition: str) -> tuple[Any, ...]:
    return tuple(_lex(ConditionExpressionParser(condition, None, None)))


def _condition(parser: ConditionExpressionParser) -> Any:
    """A call's condition is read where the request is checked, and where it is made: the second time is remembered."""
    asked = parser.condition_expression, parser.expression_attribute_names, parser.expression_attribute_values
    if not _last or _last[0][0] != asked:
        _last[:] = [(asked, (_parse(parser), parser.expr_attr_names_found, parser.expr_attr_values_found))]
        return _last[0][1][0]
    read, names, values = _last[0][1]
    parser.expr_attr_names_found, parser.expr_attr_values_found = [*names], [*values]
    return read


@lru_cache
def _is(kind: type, family: type | tuple[type, ...]) -> bool:
    return issubclass(kind, family)


def _copy(one: Any) -> Any:
    """In the place of ``deepcopy``."""
    return _branch(one, None) if isinstance(one, Node) else copy.deepcopy(one)


def _branch(node: Node, parent: Node | None) -> Node:
    made = object.__new__(type(node))
    made.type, made.parent, made.children = node.type, parent, None
    if node.children is not None:
        made.children = [_branch(one, made) if _is(type(one), Node) else one for one in node.children]
    return made


def _walk(traverser: DepthFirstTraverser, root: Any) -> Any:
    wanted = traverser._processing_map()
    families, before = tuple(wanted), None
    if type(traverser).pre_processing_of_child is not DepthFirstTraverser.pre_processing_of_child:
        before = traverser.pre_processing_of_child

    def visit(node: Node, at: int) -> Any:
        parent = node.parent
        for number, child in enumerate(node.children or ()):
            if before:
                before(node, number)
            if _is(type(child), Node):
                visit(child, number)
        if not _is(type(node), families):
            return node
        process: Callable[[Node], Any] = next(done for kind, done in wanted.items() if _is(type(node), kind))
        node = process(node)
        node.parent = parent
        if parent:
            parent.children[at] = node
        return node

    return visit(root, -1)


def _at_the_root(validator: DepthFirstTraverser, root: Any) -> Any:
    """What stands twice somewhere below stands twice in the whole: that is looked at once."""
    return validator.process(root)


def _clauses(node: Node, wanted: list[type]) -> list[Node]:
    found = []
    for child in node.children or ():
        if type(child) in wanted:
            found.append(child)
        elif _is(type(child), (Expression, UpdateExpressionFunction)):
            found += _clauses(child, wanted)
    return found


def _value(value: DynamoType, memo: Any = None) -> DynamoType:
    """Nothing changes a text or a number in its place; lists, maps and sets are changed."""
    inside = value.value
    if not isinstance(inside, list | dict):
        return value
    made = object.__new__(DynamoType)
    made.type = value.type
    if isinstance(inside, dict):
        made.value = {name: _value(one) for name, one in inside.items()}
    else:
        made.value = [_value(one) if type(one) is DynamoType else one for one in inside]
    return made


def _item(item: Item, memo: Any = None) -> Item:
    made: Item = object.__new__(Item)
    made.hash_key, made.range_key, made.attrs = item.hash_key, item.range_key, LimitedSizeDict.__new__(LimitedSizeDict)
    dict.update(made.attrs, {name: _value(one) for name, one in item.attrs.items()})
    return made


def install(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(UpdateExpressionParser, "make", staticmethod(_update))
    patch.setattr(ConditionExpressionParser, "_lex_condition_expression",
                  lambda parser: deque(_words(parser.condition_expression)))  # fmt: skip
    patch.setattr(ConditionExpressionParser, "parse", _condition)
    patch.setattr(validators, "deepcopy", _copy)
    patch.setattr(DepthFirstTraverser, "traverse", _walk)
    for validator in (validators.ActionCountValidator, validators.OverlappingPathsValidator):
        patch.setattr(validator, "traverse", _at_the_root)
    patch.setattr(Node, "find_clauses", _clauses)
    patch.setattr(DynamoType, "__deepcopy__", _value)
    patch.setattr(Item, "__deepcopy__", _item)
