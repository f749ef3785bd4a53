"""RFC 6962 trees against the vectors that Certificate Transparency's own test-suite uses."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plenaria.core.kernel.ledger import (
    EMPTY_ROOT,
    GrowingTree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root,
    verify_consistency,
    verify_inclusion,
)
from tests.programs import third_party_file

# github.com/google/certificate-transparency, merkletree tests: eight leaves, the head after each,
# inclusion proofs (index, size) and consistency proofs (old size, new size).
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
HEADS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


def as_hex(hashes: list[bytes]) -> list[str]:
    return [node.hex() for node in hashes]


def test_the_heads_are_the_published_ones() -> None:
    assert [root(LEAVES[:size]).hex() for size in range(1, 9)] == HEADS


def test_the_head_of_nothing_is_the_hash_of_nothing() -> None:
    assert root([]) == EMPTY_ROOT
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_vectors_of_the_shared_data_hold() -> None:
    published = json.loads(third_party_file("judging/rfc6962_merkle_vectors.expected.json").read_text())
    leaves = [bytes.fromhex(leaf) for leaf in published["leaves_hex"]]

    heads = [root(leaves[:size]).hex() for size in range(1, len(leaves) + 1)]

    assert heads == published["roots_hex"]
    assert EMPTY_ROOT.hex() == published["empty_root"]


@pytest.mark.parametrize(("place", "proof"), INCLUSION.items())
def test_an_inclusion_proof_is_the_published_one(place: tuple[int, int], proof: list[str]) -> None:
    index, size = place

    assert as_hex(inclusion_proof(index, LEAVES[:size])) == proof


@pytest.mark.parametrize(("sizes", "proof"), CONSISTENCY.items())
def test_a_consistency_proof_is_the_published_one(sizes: tuple[int, int], proof: list[str]) -> None:
    old, new = sizes

    assert as_hex(consistency_proof(old, LEAVES[:new])) == proof


def test_every_inclusion_proof_up_to_40_leaves_holds_for_its_own_place_only() -> None:
    for size in range(1, 41):
        leaves = [bytes([i]) for i in range(size)]
        head = root(leaves)
        for index in range(size):
            proof = inclusion_proof(index, leaves)

            holds_at = [i for i in range(size + 1) if verify_inclusion(leaves[index], i, size, proof, head)]

            assert holds_at == [index]
            assert len(proof) <= (size - 1).bit_length()


def test_every_consistency_proof_up_to_40_leaves_holds_for_its_own_sizes_only() -> None:
    leaves = [bytes([i]) for i in range(40)]
    heads = [root(leaves[:size]) for size in range(41)]
    for new in range(1, 41):
        for old in range(1, new):
            proof = consistency_proof(old, leaves[:new])

            holds_for = [size for size in range(41) if verify_consistency(size, new, heads[old], heads[new], proof)]

            assert holds_for == [old]


def test_a_tree_is_consistent_with_itself_and_with_the_empty_one() -> None:
    head = root(LEAVES)

    assert consistency_proof(8, LEAVES) == consistency_proof(0, LEAVES) == []
    assert verify_consistency(8, 8, head, head, [])
    assert verify_consistency(0, 8, EMPTY_ROOT, head, [])
    assert verify_consistency(0, 0, EMPTY_ROOT, EMPTY_ROOT, [])
    assert not verify_consistency(0, 0, head, head, [])
    assert not verify_consistency(8, 8, head, leaf_hash(b""), [])
    assert not verify_consistency(0, 8, leaf_hash(b"x"), head, [])
    assert not verify_consistency(9, 8, head, head, [])


def test_a_rewritten_history_has_no_consistency_proof() -> None:
    old_head = root(LEAVES[:6])
    rewritten = [b"another", *LEAVES[1:]]

    proof = consistency_proof(6, rewritten)

    assert not verify_consistency(6, 8, old_head, root(rewritten), proof)


@pytest.mark.parametrize("index", [-1, 8])
def test_a_leaf_that_is_not_there_has_no_proof(index: int) -> None:
    with pytest.raises(IndexError):
        inclusion_proof(index, LEAVES)

    assert not verify_inclusion(b"", index, 8, [], root(LEAVES))


@pytest.mark.parametrize("old_size", [-1, 9])
def test_a_size_that_never_was_has_no_proof(old_size: int) -> None:
    with pytest.raises(IndexError):
        consistency_proof(old_size, LEAVES)


def test_a_node_does_not_pass_for_a_leaf() -> None:
    left, right = (leaf_hash(leaf) for leaf in LEAVES[:2])

    assert not verify_inclusion(left + right, 0, 1, [], root(LEAVES[:2]))


def test_hashes_moved_across_their_border_are_refused() -> None:
    head = root(LEAVES[:3])
    (left,) = inclusion_proof(2, LEAVES[:3])

    assert not verify_inclusion(LEAVES[2], 2, 3, [left[:31]], head)
    assert not verify_consistency(6, 8, root(LEAVES[:6]), root(LEAVES), [b"short"] * 3)


@st.composite
def _tampered_proof(draw: st.DrawFn) -> tuple[list[bytes], int, list[bytes]]:
    leaves = draw(st.lists(st.binary(max_size=3), min_size=2, max_size=33))
    index = draw(st.integers(0, len(leaves) - 1))
    proof = inclusion_proof(index, leaves)
    node = draw(st.integers(0, len(proof) - 1))
    bit = draw(st.integers(0, 255))
    flipped = (int.from_bytes(proof[node]) ^ (1 << bit)).to_bytes(32)
    return leaves, index, [*proof[:node], flipped, *proof[node + 1 :]]


@given(_tampered_proof())
def test_a_flipped_bit_of_an_inclusion_proof_is_found(case: tuple[list[bytes], int, list[bytes]]) -> None:
    leaves, index, tampered = case

    assert not verify_inclusion(leaves[index], index, len(leaves), tampered, root(leaves))


@given(st.integers(2, 40), st.data())
def test_a_flipped_bit_of_a_consistency_proof_is_found(new: int, data: st.DataObject) -> None:
    leaves = [bytes([i]) for i in range(new)]
    old = data.draw(st.integers(1, new - 1))
    proof = consistency_proof(old, leaves)
    node, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))

    proof[node] = (int.from_bytes(proof[node]) ^ (1 << bit)).to_bytes(32)

    assert not verify_consistency(old, new, root(leaves[:old]), root(leaves), proof)


@given(st.lists(st.binary(max_size=2), min_size=1, max_size=20))
def test_another_number_of_leaves_gives_another_head(leaves: list[bytes]) -> None:
    heads = [root(leaves[:size]) for size in range(len(leaves) + 1)]

    assert all(one != other for one, other in pairwise(heads))


@given(st.lists(st.binary(max_size=3), max_size=40), st.data())
def test_a_tree_that_grows_has_the_same_head_wherever_it_was_left(leaves: list[bytes], data: st.DataObject) -> None:
    paused = data.draw(st.integers(0, len(leaves)))
    tree = GrowingTree()

    for leaf in leaves[:paused]:
        tree.append(leaf)
    assert tree.root() == root(leaves[:paused])
    again = GrowingTree(tree.size, tree.peaks)
    for leaf in leaves[paused:]:
        again.append(leaf)

    assert (again.size, again.root()) == (len(leaves), root(leaves))


@pytest.mark.parametrize(("size", "peaks"), [(1, []), (2, [b"x" * 32] * 2), (3, [b"x" * 32]), (1, [b"x"]), (-1, [])])
def test_peaks_that_are_not_of_that_size_are_refused(size: int, peaks: list[bytes]) -> None:
    with pytest.raises(ValueError, match="not the peaks"):
        GrowingTree(size, peaks)
