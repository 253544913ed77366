//! Who is whose, at the least total cost: [`assign`].
//!
//! Shortest augmenting paths with potentials (Jonker and Volgenant, "A shortest augmenting path
//! algorithm for dense and sparse linear assignment problems", Computing 38, 1987), without their
//! initialisation: there are a few dozen rows at most.

/// The column of each row, all different, so that the sum of `cost(row, column)` is least. There are at
/// least as many columns as rows; costs are numbers.
pub(super) fn assign(
    (rows, columns): (usize, usize),
    cost: impl Fn(usize, usize) -> f64,
) -> Vec<usize> {
    assert!(rows <= columns, "each row finds a column");
    let mut row_potential = vec![0.0; rows];
    let mut column_potential = vec![0.0; columns];
    // The row of each column that has one.
    let mut owner: Vec<Option<usize>> = vec![None; columns];
    for first in 0..rows {
        let mut row = first;
        let mut distance = vec![f64::INFINITY; columns];
        // The column from which the path came to each.
        let mut before: Vec<Option<usize>> = vec![None; columns];
        let mut done = vec![false; columns];
        let mut last: Option<usize> = None;
        let free = loop {
            let (mut next, mut step) = (None, f64::INFINITY);
            for column in (0..columns).filter(|column| !done[*column]) {
                let reduced = cost(row, column) - row_potential[row] - column_potential[column];
                if reduced < distance[column] {
                    (distance[column], before[column]) = (reduced, last);
                }
                if distance[column] < step {
                    (next, step) = (Some(column), distance[column]);
                }
            }
            let next = next.expect("a column is left, and costs are numbers");
            row_potential[first] += step;
            for column in 0..columns {
                if done[column] {
                    column_potential[column] -= step;
                    if let Some(owner) = owner[column] {
                        row_potential[owner] += step;
                    }
                } else {
                    distance[column] -= step;
                }
            }
            done[next] = true;
            last = Some(next);
            match owner[next] {
                Some(owner) => row = owner,
                None => break next,
            }
        };
        let mut column = free;
        while let Some(from) = before[column] {
            owner[column] = owner[from];
            column = from;
        }
        owner[column] = Some(first);
    }
    let mut columns_of = vec![0; rows];
    for (column, row) in owner.into_iter().enumerate() {
        if let Some(row) = row {
            columns_of[row] = column;
        }
    }
    columns_of
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(costs: &[Vec<f64>], columns: &[usize]) -> f64 {
        costs.iter().zip(columns).map(|(row, column)| row[*column]).sum()
    }

    /// The least total of the rows from here on, by trying everything.
    fn least(costs: &[Vec<f64>], taken: &mut Vec<usize>) -> f64 {
        let Some(row) = costs.get(taken.len()) else { return 0.0 };
        let mut best = f64::INFINITY;
        for (column, cost) in row.iter().enumerate() {
            if !taken.contains(&column) {
                taken.push(column);
                best = best.min(cost + least(costs, taken));
                taken.pop();
            }
        }
        best
    }

    #[test]
    fn no_other_assignment_is_cheaper() {
        // A congruential generator (Knuth, MMIX): the same matrices in each run.
        let mut state = 1_u64;
        let mut draw = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            // Few different values, so that there are ties.
            (state >> 60) as f64
        };
        for case in 0..400 {
            let (rows, columns) = (case % 6, case % 6 + case % 3);
            let costs: Vec<Vec<f64>> =
                (0..rows).map(|_| (0..columns).map(|_| draw()).collect()).collect();
            let assigned = assign((rows, columns), |row, column| costs[row][column]);
            let mut different = assigned.clone();
            different.sort_unstable();
            different.dedup();
            assert_eq!(different.len(), rows);
            let best = least(&costs, &mut Vec::new());
            assert!((total(&costs, &assigned) - best).abs() < 1e-9, "{costs:?} {assigned:?}");
        }
    }
}
