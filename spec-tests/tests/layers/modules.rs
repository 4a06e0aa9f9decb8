//! The files of one crate as modules, and the edges between them.

use std::collections::{BTreeMap, BTreeSet};

use crate::imports::{self, Import, Scan};

/// A module's path below the crate root; the root itself is empty.
pub(crate) type Module = Vec<String>;

/// One file imports from another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edge {
    pub(crate) from: Module,
    pub(crate) to: Module,
    pub(crate) line: usize,
    /// File, line and path, as a person wants to read it.
    pub(crate) place: String,
}

/// A crate as a set of source files.
pub(crate) struct Crate {
    pub(crate) name: String,
    files: BTreeMap<Module, (String, Scan)>,
    /// Paths of all files with their numbers of lines.
    pub(crate) lengths: Vec<(String, usize)>,
    /// Imports from other crates of the workspace: the crate's name in code, and the place.
    pub(crate) foreign: Vec<(Module, String, String)>,
}

/// What a path leads to.
#[derive(Debug, PartialEq, Eq)]
enum Target {
    File(Module),
    Facade(String),
    Foreign(String),
    Elsewhere,
}

impl Crate {
    /// Builds a crate from its files: each with its path below `src` and its text. Test files (`tests.rs`, anything
    /// in a folder `tests`) count for their length only; so do programs (`main.rs`, `bin`), whose root is another.
    pub(crate) fn new<'a>(
        name: &str,
        sources: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let mut made = Self {
            name: name.to_owned(),
            files: BTreeMap::new(),
            lengths: Vec::new(),
            foreign: Vec::new(),
        };
        for (path, text) in sources {
            made.lengths
                .push((format!("{name}/src/{path}"), text.lines().count()));
            if let Some(module) = module_of(path) {
                made.files
                    .insert(module, (format!("{name}/src/{path}"), imports::scan(text)));
            }
        }
        made.foreign = made.find_foreign();
        made
    }

    /// All edges between files, and the complaints about imports from the facade.
    pub(crate) fn edges(&self) -> (Vec<Edge>, Vec<String>) {
        let mut edges = Vec::new();
        let mut complaints = Vec::new();
        for (from, import) in self.all_imports() {
            let place = self.place(from, import);
            match self.resolve(from, import, 0) {
                _ if from.is_empty() => {} // the facade may import everything
                Target::File(to) if to == *from => {}
                Target::File(to) if import.public && to.starts_with(from) => {} // a parent shows its children
                Target::File(to) => edges.push(Edge {
                    from: from.clone(),
                    to,
                    line: import.line,
                    place,
                }),
                Target::Facade(name) => {
                    complaints.push(format!("{place}: {}", self.facade_hint(&name)))
                }
                Target::Foreign(_) | Target::Elsewhere => {}
            }
        }
        edges.sort();
        edges.dedup_by(|a, b| (&a.from, &a.to) == (&b.from, &b.to));
        (edges, complaints)
    }

    fn all_imports(&self) -> impl Iterator<Item = (&Module, &Import)> {
        self.files
            .iter()
            .flat_map(|(module, (_, scan))| scan.imports.iter().map(move |import| (module, import)))
    }

    fn place(&self, from: &Module, import: &Import) -> String {
        let file = self.files.get(from).map_or("?", |(file, _)| file);
        format!("{file}:{} {}", import.line, import.path.join("::"))
    }

    fn find_foreign(&self) -> Vec<(Module, String, String)> {
        self.all_imports()
            .filter_map(|(from, import)| match self.resolve(from, import, 0) {
                Target::Foreign(name) => Some((from.clone(), name, self.place(from, import))),
                _ => None,
            })
            .collect()
    }

    fn facade_hint(&self, name: &str) -> String {
        let root = Module::new();
        let shown = self.files.get(&root).and_then(|(_, scan)| {
            scan.imports
                .iter()
                .find(|import| import.alias.as_deref() == Some(name))
        });
        match shown.map(|import| self.resolve(&root, import, 0)) {
            Some(Target::File(owner)) => {
                format!(
                    "imports from the facade; the owner is crate::{}",
                    owner.join("::")
                )
            }
            _ => "imports from the crate's root; import from the module that owns the item"
                .to_owned(),
        }
    }

    /// What an import of `from` leads to, through aliases and re-exports. `depth` ends circles of re-exports.
    fn resolve(&self, from: &Module, import: &Import, depth: usize) -> Target {
        let here: Module = from.iter().chain(&import.inside).cloned().collect();
        self.walk(from, here, &import.path, import.alias.is_none(), depth)
    }

    fn walk(
        &self,
        from: &Module,
        mut base: Module,
        path: &[String],
        in_code: bool,
        depth: usize,
    ) -> Target {
        let Some((head, mut rest)) = path.split_first() else {
            return Target::Elsewhere;
        };
        match head.as_str() {
            "crate" => base.clear(),
            "self" => {}
            "super" => {
                base.pop();
                while let Some(tail) = rest.strip_prefix(&["super".to_owned()]) {
                    base.pop();
                    rest = tail;
                }
            }
            name if name.starts_with("bywash_") => return Target::Foreign(name.to_owned()),
            name => {
                let child: Module = base.iter().cloned().chain([name.to_owned()]).collect();
                if self.files.contains_key(&child) {
                    base = child;
                } else {
                    return self.through_alias(from, name, rest, in_code, depth);
                }
            }
        }
        self.descend(base, rest, depth)
    }

    /// A path in code whose head was bound by a `use` of the same file.
    fn through_alias(
        &self,
        from: &Module,
        name: &str,
        rest: &[String],
        in_code: bool,
        depth: usize,
    ) -> Target {
        let bound = self.files.get(from).and_then(|(_, scan)| {
            scan.imports
                .iter()
                .find(|import| import.alias.as_deref() == Some(name) && import.path[0] != name)
        });
        match bound {
            Some(import) if in_code && depth < 16 => {
                let path: Vec<_> = import.path.iter().chain(rest).cloned().collect();
                let here: Module = from.iter().chain(&import.inside).cloned().collect();
                self.walk(from, here, &path, true, depth + 1)
            }
            _ => Target::Elsewhere,
        }
    }

    /// Goes down from a module as far as the path names modules; the rest names an item there, or one shown there.
    fn descend(&self, mut base: Module, mut rest: &[String], depth: usize) -> Target {
        while let Some((next, tail)) = rest.split_first() {
            base.push(next.clone());
            if !self.files.contains_key(&base) {
                base.pop();
                break;
            }
            rest = tail;
        }
        while !self.files.contains_key(&base) && !base.is_empty() {
            base.pop(); // inline modules belong to their file
        }
        match rest.first() {
            Some(item) if item != "*" && depth < 16 => match self.shown(&base, item, depth) {
                Some(target) => target,
                None if base.is_empty() => Target::Facade(item.clone()),
                None => Target::File(base),
            },
            _ if base.is_empty() => Target::Facade(rest.first().cloned().unwrap_or_default()),
            _ => Target::File(base),
        }
    }

    /// Where an item comes from that a module imports or re-exports. The root's are the facade: not followed.
    fn shown(&self, module: &Module, item: &str, depth: usize) -> Option<Target> {
        let (_, scan) = self.files.get(module).filter(|_| !module.is_empty())?;
        if scan.defines.contains(item) {
            return None;
        }
        if let Some(import) = scan
            .imports
            .iter()
            .find(|import| import.alias.as_deref() == Some(item) && import.path.len() > 1)
        {
            return Some(self.resolve(module, import, depth + 1));
        }
        scan.imports
            .iter()
            .filter(|import| import.alias.as_deref() == Some("*"))
            .find_map(|import| match self.resolve(module, import, depth + 1) {
                Target::File(child) if self.files[&child].1.defines.contains(item) => {
                    Some(Target::File(child))
                }
                _ => None,
            })
    }
}

/// The module of a file below `src`.
fn module_of(path: &str) -> Option<Module> {
    let mut parts: Module = path
        .strip_suffix(".rs")?
        .split('/')
        .map(str::to_owned)
        .collect();
    let is_test = parts.iter().any(|part| part == "tests");
    if is_test || parts == ["main"] || parts[0] == "bin" {
        return None;
    }
    if parts == ["lib"] || parts.last().is_some_and(|part| part == "mod") {
        parts.pop();
    }
    Some(parts)
}

/// Circles among the files and folders of each folder, one per knot, as a person wants to read them.
pub(crate) fn circles(edges: &[Edge]) -> Vec<String> {
    let folders: BTreeSet<Module> = edges
        .iter()
        .flat_map(|edge| (0..edge.from.len()).map(|len| edge.from[..len].to_vec()))
        .collect();
    folders
        .iter()
        .flat_map(|folder| circles_in(folder, edges))
        .collect()
}

/// Circles among the direct children of one folder; its own `mod.rs` is one of them, named `self`.
fn circles_in(folder: &Module, edges: &[Edge]) -> Vec<String> {
    let child = |module: &Module| {
        module
            .get(folder.len())
            .cloned()
            .unwrap_or_else(|| "self".to_owned())
    };
    let mut graph: BTreeMap<String, BTreeMap<String, &str>> = BTreeMap::new();
    for edge in edges
        .iter()
        .filter(|edge| edge.from.starts_with(folder) && edge.to.starts_with(folder))
    {
        let (from, to) = (child(&edge.from), child(&edge.to));
        if from != to {
            graph
                .entry(from)
                .or_default()
                .entry(to)
                .or_insert(&edge.place);
        }
    }
    let mut told = BTreeSet::new();
    let mut out = Vec::new();
    for start in graph.keys() {
        if told.contains(start) {
            continue;
        }
        if let Some(circle) = shortest_circle(&graph, start) {
            let steps: Vec<_> = circle
                .iter()
                .zip(circle.iter().cycle().skip(1))
                .map(|(from, to)| format!("  {from} -> {to}   ({})", graph[from][to]))
                .collect();
            out.push(format!(
                "a circle in crate{}:\n{}",
                folder.iter().map(|m| format!("::{m}")).collect::<String>(),
                steps.join("\n")
            ));
            told.extend(circle);
        }
    }
    out
}

fn shortest_circle(
    graph: &BTreeMap<String, BTreeMap<String, &str>>,
    start: &str,
) -> Option<Vec<String>> {
    let mut paths = vec![vec![start.to_owned()]];
    let mut seen = BTreeSet::new();
    while !paths.is_empty() {
        let mut next = Vec::new();
        for path in paths {
            for to in path
                .last()
                .and_then(|last| graph.get(last))
                .into_iter()
                .flat_map(BTreeMap::keys)
            {
                if to == start {
                    return Some(path);
                }
                if seen.insert(to.clone()) {
                    let mut longer = path.clone();
                    longer.push(to.clone());
                    next.push(longer);
                }
            }
        }
        paths = next;
    }
    None
}
