import Kernel
import Web

/// A definition as a drawing (SVG): steps in columns by their distance from the start, ways on between them, and where a case has been.
struct DefinitionGraph: Rendered {
    let definition: WorkflowDeclaration
    /// Steps a case went through, and where it stands.
    var visited: Set<String> = []
    var current: Set<String> = []
    /// Ways taken, as `from>to`.
    var taken: Set<String> = []

    private static let box = (width: 156, height: 54), gap = (across: 74, down: 34), margin = 26

    var markup: Markup {
        let places = layout
        let columns = (places.values.map(\.column).max() ?? 0) + 1, rows = (places.values.map(\.row).max() ?? 0) + 1
        let width = Self.margin * 2 + columns * (Self.box.width + Self.gap.across) - Self.gap.across
        let height = Self.margin * 2 + rows * (Self.box.height + Self.gap.down)
        let ways = definition.steps.flatMap { step in
            var seen: Set<String> = []
            return step.transitions.flatMap { transition in transition.targets.filter { seen.insert($0).inserted }.map { (from: step.name, to: $0, title: transition.title) } }
        }
        let lines = ways.enumerated().map { index, way -> Markup in line(way.from, way.to, way.title, index, places, height) }
        let boxes = definition.steps.map { step -> Markup in self.step(step, places) }
        return """
            <div class="flow-graph" role="img" aria-label="\(definition.title)流程图" tabindex="0"><svg viewBox="0 0 \(width) \(height)" width="\(width)" height="\(height)">\
            <defs><marker id="flow-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" class="flow-head"></path></marker>\
            <marker id="flow-arrow-taken" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" class="flow-head is-taken"></path></marker></defs>\
            \(lines)\(boxes)</svg></div>
            """
    }

    private typealias Place = (column: Int, row: Int)

    /// Columns by the shortest way from the start; rows in the order of declaration.
    private var layout: [String: Place] {
        var column: [String: Int] = [:]
        var queue = definition.steps.first.map { [$0.name] } ?? []
        if let first = queue.first { column[first] = 0 }
        while !queue.isEmpty {
            let name = queue.removeFirst()
            let next = (column[name] ?? 0) + 1
            for target in (definition.step(name)?.transitions ?? []).flatMap(\.targets) where column[target] == nil {
                column[target] = next
                queue.append(target)
            }
        }
        let last = column.values.max() ?? 0
        var used: [Int: Int] = [:]
        var places: [String: Place] = [:]
        for step in definition.steps {
            let at = column[step.name] ?? last
            places[step.name] = (at, used[at, default: 0])
            used[at, default: 0] += 1
        }
        return places
    }

    private func corner(_ place: Place) -> (x: Int, y: Int) {
        (Self.margin + place.column * (Self.box.width + Self.gap.across), Self.margin + place.row * (Self.box.height + Self.gap.down))
    }

    private func step(_ step: WorkflowStep, _ places: [String: Place]) -> Markup {
        let at = corner(places[step.name] ?? (0, 0))
        let state = current.contains(step.name) ? " is-current" : visited.contains(step.name) ? " is-visited" : ""
        let radius = step.kind == .end ? 27 : step.kind == .task ? 8 : 3
        let note = step.within?.title ?? (step.dueField != nil ? "按指定期限" : step.kind == .task ? "" : step.kind.title)
        let middle = at.x + Self.box.width / 2
        return """
            <g class="flow-step kind-\(step.kind.rawValue)\(state)"><title>\(step.title)</title><rect x="\(at.x)" y="\(at.y)" width="\(Self.box.width)" height="\(Self.box.height)" rx="\(radius)"></rect>\
            <text x="\(middle)" y="\(note.isEmpty ? at.y + 32 : at.y + 25)" class="flow-name">\(step.title)</text>\(Markup.when(!note.isEmpty, "<text x=\"\(middle)\" y=\"\(at.y + 42)\" class=\"flow-note\">\(note)</text>"))</g>
            """
    }

    private func line(_ from: String, _ to: String, _ title: String, _ index: Int, _ places: [String: Place], _ height: Int) -> Markup {
        guard let start = places[from], let end = places[to] else { return .empty }
        let a = corner(start), b = corner(end)
        let isTaken = taken.contains("\(from)>\(to)")
        let mark = isTaken ? "flow-arrow-taken" : "flow-arrow"
        var path: String
        var label: (x: Int, y: Int)
        if end.column > start.column {
            let (x1, y1, x2, y2) = (a.x + Self.box.width, a.y + Self.box.height / 2, b.x - 2, b.y + Self.box.height / 2)
            let bend = max(28, (x2 - x1) / 2)
            path = "M\(x1) \(y1)C\(x1 + bend) \(y1) \(x2 - bend) \(y2) \(x2) \(y2)"
            label = (x1 + 36, y1 + (y2 - y1) / 3 - 5)
        } else if end.column == start.column {
            let isBelow = end.row > start.row
            let x = a.x + Self.box.width / 2 + (isBelow ? 14 : -14)
            path = "M\(x) \(isBelow ? a.y + Self.box.height : a.y)L\(x) \(isBelow ? b.y - 2 : b.y + Self.box.height + 2)"
            label = (x + (isBelow ? 22 : -22), (isBelow ? a.y + Self.box.height : a.y) + (isBelow ? 20 : -14))
        } else {
            // Back: under the boxes.
            let depth = max(a.y, b.y) + Self.box.height + 16 + index % 3 * 6
            let (x1, x2) = (a.x + Self.box.width / 2 - 20, b.x + Self.box.width / 2 + 20)
            path = "M\(x1) \(a.y + Self.box.height)C\(x1) \(depth + 12) \(x2) \(depth + 12) \(x2) \(b.y + Self.box.height + 2)"
            label = ((x1 + x2) / 2, depth + 8)
        }
        return """
            <g class="flow-way\(isTaken ? " is-taken" : "")"><path d="\(path)" marker-end="url(#\(mark))"></path><text x="\(label.x)" y="\(label.y)">\(title)</text></g>
            """
    }
}
