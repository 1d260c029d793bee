//! Trees in tiles against a tree that is hashed as RFC 6962 defines it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the lints spare test functions, but not what these call"
)]

use keywright_transparency_log::{
    Edge, Hash, LogError, Plan, Tiles, empty_root, leaf_hash, node_hash, verify_consistency, verify_inclusion,
};
use proptest::prelude::*;

fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|number| leaf_hash(&number.to_be_bytes())).collect()
}

/// The definition, word for word.
fn naive(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(1 << (leaves.len() - 1).ilog2());
            node_hash(naive(left), naive(right))
        }
    }
}

/// All tiles of a tree, grown in steps, each after the edge was taken up again.
fn grown(leaves: &[Hash], steps: &[usize]) -> (Tiles, Edge) {
    let (mut tiles, mut edge, mut rest) = (Tiles::default(), Edge::empty(), leaves);
    let mut steps = steps.iter().copied().chain(std::iter::repeat(usize::MAX));
    while !rest.is_empty() {
        let (now, later) = rest.split_at(rest.len().min(steps.next().unwrap().max(1)));
        for leaf in now {
            let number = edge.append(*leaf);
            assert_eq!(leaves[usize::try_from(number).unwrap()], *leaf);
        }
        let mut partial = Vec::new();
        for tile in edge.take_grown() {
            assert_eq!(tile.hashes.len(), usize::from(tile.id.width));
            if !tile.id.is_full() {
                partial.push((tile.id.level, tile.id.index, tile.hashes.clone()));
            }
            tiles.insert(tile.id.level, tile.id.index, tile.hashes);
        }
        edge = Edge::resume(edge.size(), partial).unwrap();
        rest = later;
    }
    (tiles, edge)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn roots_and_proofs_are_those_of_the_definition(
        size in prop_oneof![1_u64..600, 60_000_u64..70_000],
        steps in proptest::collection::vec(1_usize..40_000, 0..4),
        picks in proptest::collection::vec(any::<u64>(), 4),
    ) {
        let leaves = leaves(size);
        let (tiles, edge) = grown(&leaves, &steps);
        let root = naive(&leaves);
        prop_assert_eq!(edge.root(), root);
        prop_assert_eq!(tiles.root(size).unwrap(), root);
        for pick in picks {
            let index = pick % size;
            let leaf = leaves[usize::try_from(index).unwrap()];
            let proof = Plan::inclusion(index, size).unwrap().hashes(&tiles).unwrap();
            prop_assert_eq!(verify_inclusion(&proof, index, leaf, size, root), Ok(()));
            prop_assert!(verify_inclusion(&proof, index, leaf_hash(b"other"), size, root).is_err());
            if size > 1 {
                prop_assert!(verify_inclusion(&proof, (index + 1) % size, leaf, size, root).is_err());
                prop_assert!(verify_inclusion(&proof[1..], index, leaf, size, root).is_err());
            }
            let old = index + 1;
            let old_root = naive(&leaves[..usize::try_from(old).unwrap()]);
            prop_assert_eq!(tiles.root(old).unwrap(), old_root, "an older tree is in the same tiles");
            let proof = Plan::consistency(old, size).unwrap().hashes(&tiles).unwrap();
            prop_assert_eq!(verify_consistency(&proof, old, old_root, size, root), Ok(()));
            if old < size {
                prop_assert!(verify_consistency(&proof, old, leaf_hash(b"other"), size, root).is_err());
                prop_assert!(verify_consistency(&proof, old, old_root, size, leaf_hash(b"other")).is_err());
            }
        }
    }

    #[test]
    fn a_plan_reads_only_the_tiles_it_names(size in 1_u64..70_000, pick in any::<u64>()) {
        let (tiles, _) = grown(&leaves(size), &[]);
        for plan in [
            Plan::root(size), Plan::inclusion(pick % size, size).unwrap(), Plan::consistency(pick % size, size).unwrap(),
        ] {
            let mut read = Tiles::default();
            for tile in plan.tiles() {
                let hashes = tiles.get(tile.level, tile.index).unwrap();
                read.insert(tile.level, tile.index, hashes[..usize::from(tile.width)].to_vec());
            }
            prop_assert_eq!(plan.hashes(&read), plan.hashes(&tiles));
            if let Some(tile) = plan.tiles().first() {
                let missing = plan.hashes(&Tiles::default());
                prop_assert!(matches!(missing, Err(LogError::MissingTile { .. })), "{:?} {:?}", tile, missing);
            }
        }
    }
}

#[test]
fn every_small_tree_proves_every_leaf_and_every_older_tree() {
    for size in 0..=70_u64 {
        let leaves = leaves(size);
        let (tiles, edge) = grown(&leaves, &[3, 5]);
        let root = edge.root();
        assert_eq!(root, naive(&leaves), "{size}");
        for index in 0..size {
            let proof = Plan::inclusion(index, size).unwrap().hashes(&tiles).unwrap();
            let leaf = leaves[usize::try_from(index).unwrap()];
            assert_eq!(verify_inclusion(&proof, index, leaf, size, root), Ok(()), "{index} of {size}");
        }
        for old in 0..=size {
            let proof = Plan::consistency(old, size).unwrap().hashes(&tiles).unwrap();
            let old_root = naive(&leaves[..usize::try_from(old).unwrap()]);
            assert_eq!(verify_consistency(&proof, old, old_root, size, root), Ok(()), "{old} of {size}");
        }
        assert!(Plan::inclusion(size, size).is_err() && Plan::consistency(size + 1, size).is_err());
    }
}

#[test]
fn an_edge_of_another_size_is_not_taken_up() {
    let mut edge = Edge::empty();
    leaves(300).into_iter().for_each(|leaf| _ = edge.append(leaf));
    let partial: Vec<_> = edge.take_grown().into_iter().filter(|tile| !tile.id.is_full()).collect();
    let tiles = || partial.iter().map(|tile| (tile.id.level, tile.id.index, tile.hashes.clone()));
    assert!(Edge::resume(300, tiles()).is_ok());
    for size in [0, 299, 301, 556] {
        assert_eq!(Edge::resume(size, tiles()), Err(LogError::Edge { size }));
    }
    assert_eq!(Edge::resume(300, tiles().skip(1)), Err(LogError::Edge { size: 300 }));
}
