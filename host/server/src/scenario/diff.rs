//! Two texts, line by line: what went and what came.

/// How many equal lines are shown before the first difference and after the last one.
const CONTEXT_LINES: usize = 3;
/// How large a table of comparisons may be. Texts that need a larger one are shown one after the other.
const CELLS_MAX: usize = 1 << 22;

/// The lines of both, in order, from shortly before the first difference to shortly after the last: `  ` before those that are
/// in both, `- ` before those of the first alone, `+ ` before those of the second alone.
pub fn diff(before: &str, after: &str) -> String {
    let (a, b): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
    let same_begin = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let (rest_a, rest_b) = (&a[same_begin..], &b[same_begin..]);
    let same_end = rest_a.iter().rev().zip(rest_b.iter().rev()).take_while(|(a, b)| a == b).count();
    let (end_a, end_b) = (a.len() - same_end, b.len() - same_end);
    let equal = |line: &&str| format!("  {line}");
    let mut lines: Vec<_> = a[same_begin.saturating_sub(CONTEXT_LINES)..same_begin].iter().map(equal).collect();
    differing(&a[same_begin..end_a], &b[same_begin..end_b], &mut lines);
    lines.extend(a[end_a..].iter().take(CONTEXT_LINES).map(equal));
    lines.join("\n")
}

fn differing(a: &[&str], b: &[&str], lines: &mut Vec<String>) {
    let fits = (a.len() + 1).saturating_mul(b.len() + 1) <= CELLS_MAX;
    let lengths = if fits { common(a, b) } else { Vec::new() };
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        if fits && i < a.len() && j < b.len() && a[i] == b[j] {
            lines.push(format!("  {}", a[i]));
            (i, j) = (i + 1, j + 1);
        } else if i < a.len() && (j == b.len() || !fits || lengths[i + 1][j] >= lengths[i][j + 1]) {
            lines.push(format!("- {}", a[i]));
            i += 1;
        } else {
            lines.push(format!("+ {}", b[j]));
            j += 1;
        }
    }
}

/// How many lines the rests of both have in common, by where the rests begin.
fn common(a: &[&str], b: &[&str]) -> Vec<Vec<u32>> {
    let mut lengths = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            lengths[i][j] = match a[i] == b[j] {
                true => lengths[i + 1][j + 1] + 1,
                false => lengths[i + 1][j].max(lengths[i][j + 1]),
            };
        }
    }
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let check = |before: &str, after: &str, expect: &str| assert_eq!(diff(before, after), expect);
        check("", "", "");
        check("a\nb\nc", "a\nx\nc", "  a\n- b\n+ x\n  c");
        check("", "a", "+ a");
        check("a\nb", "b", "- a\n  b");
        check("a\nx\nb\ny\nc", "a\nb\nc\nd", "  a\n- x\n  b\n- y\n  c\n+ d");
        check("1\n2\n3\n4\n5\n6\n7\n8\n9", "1\n2\n3\n4\nx\n6\n7\n8\n9", "  2\n  3\n  4\n- 5\n+ x\n  6\n  7\n  8");
        let many = "a\n".repeat(3_000) + "b";
        assert!(diff(&many, &"c\n".repeat(3_000)).starts_with("- a\n"));
    }
}
