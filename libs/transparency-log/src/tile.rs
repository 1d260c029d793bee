//! Tiles: which hashes lie together, and what their files are called.
//!
//! <https://c2sp.org/tlog-tiles>

/// How many hashes a full tile has, and how many entries a full bundle.
pub const TILE_WIDTH: u16 = 256;

/// Binary logarithm of [`TILE_WIDTH`].
pub(crate) const TILE_HEIGHT: u32 = 8;

/// A tile: `width` hashes of the tree's level `8 * level`, from the one with number `256 * index` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// From 0.
    pub level: u8,
    /// From 0.
    pub index: u64,
    /// 1 to [`TILE_WIDTH`].
    pub width: u16,
}

impl TileId {
    /// The tile at this place, as wide as it is in a tree of `size` leaves; none where that has no hash of it.
    #[must_use]
    pub fn in_tree(size: u64, level: u8, index: u64) -> Option<Self> {
        let hashes = size.checked_shr(TILE_HEIGHT * u32::from(level)).unwrap_or(0);
        let before = index.checked_mul(u64::from(TILE_WIDTH))?;
        let width = hashes.checked_sub(before)?.min(u64::from(TILE_WIDTH));
        let width = u16::try_from(width).ok().filter(|width| *width > 0)?;
        Some(Self { level, index, width })
    }

    /// All tiles of a tree of `size` leaves: for each level the full ones, and the partial one.
    pub fn all(size: u64) -> impl Iterator<Item = Self> {
        let levels = (0..=MAX_LEVEL).take_while(move |level| size >> (TILE_HEIGHT * u32::from(*level)) > 0);
        levels.flat_map(move |level| (0..).map_while(move |index| Self::in_tree(size, level, index)))
    }

    /// Whether nothing will be added to it.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.width == TILE_WIDTH
    }

    /// Its path below the log's, such as `tile/0/x001/234.p/5`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("tile/{}/{}", self.level, index_path(self.index, self.width))
    }

    /// Reads a path as [`path`](Self::path) writes it, and no other.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
        let level: u8 = level.parse().ok().filter(|level| *level <= MAX_LEVEL)?;
        let (index, width) = match rest.split_once(".p/") {
            Some((index, width)) => {
                (index, width.parse().ok().filter(|width| (1..TILE_WIDTH).contains(width))?)
            }
            None => (rest, TILE_WIDTH),
        };
        let mut number: u64 = 0;
        for part in index.split('/') {
            let digits: u64 = part.strip_prefix('x').unwrap_or(part).parse().ok()?;
            number = number.checked_mul(1_000)?.checked_add(digits)?;
        }
        let tile = Self { level, index: number, width };
        // One name for each tile: what a cache holds by another is nobody's.
        (tile.path() == path).then_some(tile)
    }
}

/// The path of the bundle with the entries of a tile of level 0, such as `tile/entries/x001/234.p/5`.
#[must_use]
pub fn entries_path(index: u64, width: u16) -> String {
    format!("tile/entries/{}", index_path(index, width))
}

/// Groups of three digits, all but the last with an `x`; partial ones with their width.
fn index_path(index: u64, width: u16) -> String {
    let mut path = format!("{:03}", index % 1_000);
    let mut rest = index / 1_000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1_000);
        rest /= 1_000;
    }
    if width < TILE_WIDTH { format!("{path}.p/{width}") } else { path }
}

/// Enough for 2^64 leaves.
const MAX_LEVEL: u8 = 7;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_specification() {
        let tile = |level, index, width| TileId { level, index, width }.path();
        assert_eq!(tile(0, 0, 256), "tile/0/000");
        assert_eq!(tile(1, 5, 7), "tile/1/005.p/7");
        assert_eq!(tile(0, 1_234_067, 256), "tile/0/x001/x234/067");
        assert_eq!(entries_path(1_234_067, 112), "tile/entries/x001/x234/067.p/112");
    }

    #[test]
    fn a_path_is_read_back_and_no_other_spelling_is() {
        for index in [0, 1, 999, 1_000, 1_234_067, u64::MAX] {
            for width in [1, 255, 256] {
                let tile = TileId { level: 3, index, width };
                assert_eq!(TileId::parse(&tile.path()), Some(tile));
            }
        }
        for path in [
            "tile/0/0",
            "tile/0/1000",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/00/000",
            "tile/8/000",
            "tile/0/x000/001",
            "tile/0/+01",
            "tile/0/000/",
            "tile//000",
            "tile/entries/000",
            "",
            "tile/0/x018/x446/x744/x073/x709/x551/616",
        ] {
            assert_eq!(TileId::parse(path), None, "{path}");
        }
    }

    #[test]
    fn a_tree_has_its_full_tiles_and_the_partial_ones() {
        let all = |size| TileId::all(size).map(|tile| tile.path()).collect::<Vec<_>>();
        assert_eq!(all(0), Vec::<String>::new());
        assert_eq!(all(1), ["tile/0/000.p/1"]);
        assert_eq!(all(256), ["tile/0/000", "tile/1/000.p/1"]);
        assert_eq!(all(70_000).len(), 274 + 2 + 1);
        assert!(all(70_000).ends_with(&["tile/1/001.p/17".to_owned(), "tile/2/000.p/1".to_owned()]));
    }
}
