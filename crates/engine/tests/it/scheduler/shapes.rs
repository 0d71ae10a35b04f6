//! Graphs as far as scheduling goes, and which of them to check: all of a size, or some by chance.

/// What a node is, as far as scheduling goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Ends as soon as it begins; has a value.
    Pure,
    /// Waits for an answer from outside, which may come in pieces; has a value.
    Model,
    /// Says the values of all nodes before it in the graph's order that have one.
    Answer,
    /// Chooses its way as soon as it begins.
    If(Way),
    /// Waits for an answer from outside, and leaves by one way or, after a failure, by the other.
    Handled(Way),
    /// Waits for an answer from outside, which is a failure.
    Fails,
}

/// The two ways out of a node that chooses; of others all edges leave by the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// True, or success.
    First,
    /// False, or failure.
    Second,
}

impl Kind {
    pub(crate) fn chooses(self) -> bool {
        matches!(self, Self::If(_) | Self::Handled(_))
    }

    pub(crate) fn has_value(self) -> bool {
        matches!(self, Self::Pure | Self::Model)
    }
}

/// An edge of a [`Shape`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) source: usize,
    pub(crate) way: Way,
    pub(crate) target: usize,
}

/// A graph: node 0 is the root, and edges lead from smaller to larger numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) kinds: Vec<Kind>,
    pub(crate) edges: Vec<Edge>,
}

/// What an answer consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Text(String),
    Value(usize),
}

impl Shape {
    pub(crate) fn into(&self, node: usize) -> impl Iterator<Item = &Edge> {
        self.edges.iter().filter(move |edge| edge.target == node)
    }

    /// Where the value of a node stands, as templates name it; what is not there is rendered so.
    pub(crate) fn output(&self, node: usize) -> String {
        match self.kinds[node] {
            Kind::Model => format!("n{node}.text"),
            _ => format!("n{node}.output"),
        }
    }

    /// The parts of an answer; the first one tells whose it is.
    pub(crate) fn says(&self, answer: usize) -> Vec<Part> {
        let values = (1..answer).filter(|&node| self.kinds[node].has_value());
        let mut parts = vec![Part::Text(format!("<{answer}:"))];
        parts.extend(values.map(Part::Value));
        parts.push(Part::Text(">".to_owned()));
        parts
    }
}

/// The value of a node.
pub(crate) fn value(node: usize) -> String {
    format!("v{node}")
}

/// Nodes that choose in one shape, at most.
const MAX_BRANCHES: usize = 2;

const KINDS: [Kind; 8] = [
    Kind::Pure,
    Kind::Model,
    Kind::Answer,
    Kind::If(Way::First),
    Kind::If(Way::Second),
    Kind::Handled(Way::First),
    Kind::Handled(Way::Second),
    Kind::Fails,
];

/// Shows every shape of so many nodes, the root included. Each graph without cycles is one of them, for its nodes can be numbered along its
/// edges. What a node without edges out chooses, and what one that nothing leads to is, makes no difference: those are shown once.
pub(crate) fn all(nodes: usize, see: &mut dyn FnMut(&Shape)) {
    let shape = Shape {
        kinds: vec![Kind::Pure],
        edges: Vec::new(),
    };
    add_edges(shape, 1, nodes, see);
}

/// Adds the edges out of the last node in every way, then the next node.
fn add_edges(shape: Shape, target: usize, nodes: usize, see: &mut dyn FnMut(&Shape)) {
    let source = shape.kinds.len() - 1;
    if target >= nodes {
        return add_node(shape, nodes, see);
    }
    let ways: &[&[Way]] = if shape.kinds[source].chooses() {
        &[
            &[],
            &[Way::First],
            &[Way::Second],
            &[Way::First, Way::Second],
        ]
    } else {
        &[&[], &[Way::First]]
    };
    for ways in ways {
        let mut next = shape.clone();
        next.edges.extend(ways.iter().map(|&way| Edge {
            source,
            way,
            target,
        }));
        add_edges(next, target + 1, nodes, see);
    }
}

fn add_node(shape: Shape, nodes: usize, see: &mut dyn FnMut(&Shape)) {
    let node = shape.kinds.len();
    if node == nodes {
        return see(&shape);
    }
    let is_reached = shape.edges.iter().any(|edge| edge.target == node);
    let branches = shape.kinds.iter().filter(|kind| kind.chooses()).count();
    for kind in KINDS {
        let is_last = node + 1 == nodes;
        let is_same = !is_reached && kind != Kind::Pure
            || is_last && matches!(kind, Kind::If(_) | Kind::Handled(Way::First));
        if is_same || kind.chooses() && branches == MAX_BRANCHES {
            continue;
        }
        let mut next = shape.clone();
        next.kinds.push(kind);
        add_edges(next, node + 1, nodes, see);
    }
}

/// A shape of five to sixteen nodes; any of them may choose.
pub(crate) fn random(chance: &mut Chance) -> Shape {
    let nodes = 5 + chance.below(12);
    let mut shape = Shape {
        kinds: vec![Kind::Pure],
        edges: Vec::new(),
    };
    for node in 1..nodes {
        // A failure that nobody handles ends the run: seldom, or there is little to see.
        let kinds = if chance.below(10) == 0 {
            KINDS.len()
        } else {
            KINDS.len() - 1
        };
        shape.kinds.push(KINDS[chance.below(kinds)]);
        for _ in 0..=chance.below(3) {
            let source = chance.below(node);
            let way = match (shape.kinds[source].chooses(), chance.below(2)) {
                (true, 1) => Way::Second,
                _ => Way::First,
            };
            let edge = Edge {
                source,
                way,
                target: node,
            };
            if !shape.edges.contains(&edge) {
                shape.edges.push(edge);
            }
        }
    }
    shape
}

/// `SplitMix64`.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to the one before `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap_or_default()
    }
}
