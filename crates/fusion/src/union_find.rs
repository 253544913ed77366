//! Disjoint sets of small indices, for the clusters of a radar scan.

/// A forest over `0..len`; reuse allocates nothing once it has had its largest size.
#[derive(Debug, Default)]
pub(crate) struct UnionFind {
    parent: Vec<u32>,
}

impl UnionFind {
    /// Back to `len` sets of one element.
    pub(crate) fn reset(&mut self, len: usize) {
        self.parent.clear();
        self.parent.extend(0..len as u32);
    }

    /// The smallest element of the set of `element`.
    pub(crate) fn root(&mut self, mut element: usize) -> usize {
        while self.parent[element] as usize != element {
            let grandparent = self.parent[self.parent[element] as usize];
            self.parent[element] = grandparent;
            element = grandparent as usize;
        }
        element
    }

    /// Unites two sets.
    pub(crate) fn unite(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.parent[a.max(b)] = a.min(b) as u32;
    }
}
