"""Numbering keys and pairing members: both ways of doing it agree with a dictionary."""

import sys
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from gbaspatial.weights.touch import grouping

FEW = st.integers(0, 3)
ANY = st.integers(0, 2**64 - 1)
KEYS = st.lists(st.one_of(st.tuples(FEW, FEW), st.tuples(ANY, ANY)), max_size=60)
GROUPS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 8)), max_size=60)
unhurried = settings(deadline=None)  # the first example may compile
WAYS = [grouping.numbered_by_sorting, grouping.numbered_by_hash]


def as_keys(pairs):
    return np.array(pairs, dtype=np.uint64).reshape(-1, 2)


def check_numbers(number, pairs):
    assert len(number) == len(pairs)
    assert len(set(zip(number.tolist(), pairs, strict=True))) == len(set(pairs)) == len(set(number.tolist()))
    assert sorted(set(number.tolist())) == list(range(len(set(pairs))))


@pytest.mark.parametrize("way", WAYS)
@unhurried
@given(pairs=KEYS)
def test_equal_keys_and_no_others_have_one_number(way, pairs):
    check_numbers(way(as_keys(pairs)), pairs)


def test_keys_of_one_hash_are_told_apart(monkeypatch):
    pairs = [(i % 3, i % 5) for i in range(60)]
    monkeypatch.setattr(grouping, "_mixed", lambda a, b: np.zeros_like(a))
    check_numbers(grouping.numbered_by_sorting(as_keys(pairs)), pairs)


@pytest.mark.parametrize("way", WAYS)
def test_all_different_keys_fill_the_table(way):
    pairs = [(0, i << 40) for i in range(5_000)]
    check_numbers(way(as_keys(pairs)), pairs)


@unhurried
@given(rows=GROUPS)
def test_pairs_of_members_are_those_of_a_dictionary(rows):
    rows = sorted(rows, key=lambda row: row[1])
    group, member = np.array(rows, dtype=np.int32).reshape(-1, 2).T.copy()
    by_group = {g: {m for other, m in rows if other == g} for g, _ in rows}
    expected = sorted({i * 9 + j for some in by_group.values() for i, j in combinations(sorted(some), 2)})
    assert grouping.shared_pairs(group, member, 9).tolist() == expected
    assert grouping.shared_pairs_by_marking(group, member, 9).tolist() == expected


def test_where_pairs_were_found():
    group, member = np.array([4, 1, 4, 1, 4]), np.array([0, 0, 1, 0, 2])
    codes, found = grouping.pairs_in_groups(group, member, 3)
    assert sorted(codes.tolist()) == [1, 2, 5]
    assert set(group[found].tolist()) == {4}


@given(st.permutations(range(12)))
def test_sums_do_not_depend_on_order(order):
    values, place = np.array([0.1, 1e16, 0.2, 3.0, 1e-9, 7.7] * 2), np.array([0] * 5 + [1] * 7)
    expected = grouping.sums(place, values, 2)
    assert grouping.sums(place[order], values[order], 2).tolist() == expected.tolist()


def test_few_and_many_take_different_ways(monkeypatch):
    used = []
    monkeypatch.setattr(grouping, "are_many", lambda count, loaded=0: count > 2)
    monkeypatch.setattr(grouping, "numbered_by_hash", lambda keys: used.append(len(keys)))
    grouping.numbered(as_keys([(1, 2)] * 3))
    grouping.numbered(as_keys([(1, 2)] * 2))
    assert used == [3]


def test_the_compiler_is_loaded_for_very_many_keys_only(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", sys)
    assert [grouping.are_many(count) for count in (6_000, 6_001)] == [False, True]
    monkeypatch.delitem(sys.modules, "numba")
    assert [grouping.are_many(count) for count in (6_001, 300_000, 300_001)] == [False, False, True]
