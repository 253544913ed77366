//! Who caused which measurement: the rectangular assignment problem. Main type: [`Assignment`].
//!
//! Shortest augmenting paths with potentials (R. Jonker, A. Volgenant, "A shortest augmenting path
//! algorithm for dense and sparse linear assignment problems", Computing 38, 1987), O(rows² ·
//! columns).

/// Solver with its working memory; solving again allocates nothing.
#[derive(Debug, Default)]
pub(crate) struct Assignment {
    rows: usize,
    columns: usize,
    /// Row-major.
    costs: Vec<f64>,
    row_potential: Vec<f64>,
    column_potential: Vec<f64>,
    /// Row + 1 of each column + 1; 0 is free. Column 0 is where a row waits for its place.
    row_of_column: Vec<usize>,
    cheapest: Vec<f64>,
    came_from: Vec<usize>,
    done: Vec<bool>,
}

/// Makes any allowed pair better than none: larger than any cost that the gate lets through.
const PAIR_BONUS: f64 = 1e6;

impl Assignment {
    /// Pairs as many rows with columns as possible, at the least total cost; `cost` is `None` for a
    /// forbidden pair. Hands each pair to `assigned` as (row, column).
    pub(crate) fn solve(
        &mut self,
        rows: usize,
        columns: usize,
        cost: impl Fn(usize, usize) -> Option<f64>,
        mut assigned: impl FnMut(usize, usize),
    ) {
        let transposed = rows > columns;
        self.reset(rows.min(columns), rows.max(columns));
        let oriented = |a: usize, b: usize| if transposed { (b, a) } else { (a, b) };
        for a in 0..self.rows {
            for b in 0..self.columns {
                let (row, column) = oriented(a, b);
                let entry = cost(row, column).filter(|cost| cost.abs() < PAIR_BONUS / 2.0);
                self.costs.push(entry.map_or(0.0, |cost| cost - PAIR_BONUS));
            }
        }
        for row in 1..=self.rows {
            self.augment(row);
        }
        for b in 1..=self.columns {
            let a = self.row_of_column[b];
            if a != 0 && self.costs[(a - 1) * self.columns + b - 1] < 0.0 {
                let (row, column) = oriented(a - 1, b - 1);
                assigned(row, column);
            }
        }
    }

    fn reset(&mut self, rows: usize, columns: usize) {
        fn refill<T: Clone>(values: &mut Vec<T>, length: usize, value: T) {
            values.clear();
            values.resize(length, value);
        }
        self.rows = rows;
        self.columns = columns;
        self.costs.clear();
        refill(&mut self.row_potential, rows + 1, 0.0);
        refill(&mut self.column_potential, columns + 1, 0.0);
        refill(&mut self.row_of_column, columns + 1, 0);
        refill(&mut self.came_from, columns + 1, 0);
        refill(&mut self.cheapest, columns + 1, f64::INFINITY);
        refill(&mut self.done, columns + 1, false);
    }

    /// Finds a place for one more row along the shortest alternating path.
    fn augment(&mut self, row: usize) {
        self.cheapest.fill(f64::INFINITY);
        self.done.fill(false);
        self.row_of_column[0] = row;
        let mut column = 0;
        while self.row_of_column[column] != 0 {
            column = self.extend_path(column);
        }
        while column != 0 {
            let previous = self.came_from[column];
            self.row_of_column[column] = self.row_of_column[previous];
            column = previous;
        }
    }

    /// Settles `column` and returns the next nearest one. There always is one: rows ≤ columns.
    fn extend_path(&mut self, column: usize) -> usize {
        self.done[column] = true;
        let row = self.row_of_column[column];
        let mut step = f64::INFINITY;
        let mut next = 0;
        for other in 1..=self.columns {
            if self.done[other] {
                continue;
            }
            let reduced = self.costs[(row - 1) * self.columns + other - 1]
                - self.row_potential[row]
                - self.column_potential[other];
            if reduced < self.cheapest[other] {
                self.cheapest[other] = reduced;
                self.came_from[other] = column;
            }
            if self.cheapest[other] < step {
                step = self.cheapest[other];
                next = other;
            }
        }
        for other in 0..=self.columns {
            if self.done[other] {
                self.row_potential[self.row_of_column[other]] += step;
                self.column_potential[other] -= step;
            } else {
                self.cheapest[other] -= step;
            }
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (number of pairs, total cost), solved.
    fn solved(costs: &[Vec<Option<f64>>]) -> (usize, f64) {
        let columns = costs.first().map_or(0, Vec::len);
        let mut solver = Assignment::default();
        let (mut pairs, mut total, mut used) = (0, 0.0, vec![false; columns]);
        solver.solve(
            costs.len(),
            columns,
            |row, column| costs[row][column],
            |row, column| {
                assert!(!std::mem::replace(&mut used[column], true), "column {column} twice");
                pairs += 1;
                total += costs[row][column].expect("only allowed pairs are assigned");
            },
        );
        (pairs, total)
    }

    /// (number of pairs, total cost), the best of all possibilities.
    fn brute_force(costs: &[Vec<Option<f64>>], row: usize, used: u32) -> (usize, f64) {
        if row == costs.len() {
            return (0, 0.0);
        }
        let mut best = brute_force(costs, row + 1, used);
        for (column, cost) in costs[row].iter().enumerate() {
            if let (Some(cost), 0) = (cost, used & (1 << column)) {
                let (pairs, total) = brute_force(costs, row + 1, used | (1 << column));
                let candidate = (pairs + 1, total + cost);
                if candidate.0 > best.0 || candidate.0 == best.0 && candidate.1 < best.1 {
                    best = candidate;
                }
            }
        }
        best
    }

    #[test]
    fn every_small_problem_is_solved_as_by_brute_force() {
        let mut seed = 1_u64;
        let mut random = || {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 40) as f64 / f64::from(1 << 24)
        };
        for rows in 0..6 {
            for columns in 1..6 {
                for _ in 0..100 {
                    let costs: Vec<Vec<Option<f64>>> = (0..rows)
                        .map(|_| {
                            let mut cost = || (random() < 0.6).then(|| 40.0 * random() - 15.0);
                            (0..columns).map(|_| cost()).collect()
                        })
                        .collect();
                    let (pairs, total) = solved(&costs);
                    let (best_pairs, best_total) = brute_force(&costs, 0, 0);
                    assert_eq!(pairs, best_pairs, "{costs:?}");
                    assert!((total - best_total).abs() < 1e-6, "{costs:?}");
                }
            }
        }
    }

    #[test]
    fn costs_that_are_no_numbers_forbid_the_pair() {
        for cost in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(solved(&[vec![Some(cost), None]]).0, 0);
        }
    }
}
