import Web

/// A mimic as SVG; colours come by class, so that light, dark and screen have theirs.
enum MimicDrawing {
    static func svg(_ mimic: Mimic, _ values: [String: MimicValue], isEditing: Bool = false, layout: String = "") -> Markup {
        let parts = mimic.elements.map { element(of: $0, values[$0.id], isEditing: isEditing) }
        let editing: Markup = isEditing ? " data-mimic=\"\(layout)\"" : .empty
        return
            "<svg class=\"mimic\(isEditing ? " is-editing" : "")\" viewBox=\"0 0 \(Mimic.width) \(Mimic.height)\" role=\"group\" aria-label=\"工艺组态\"\(editing)>\(parts)</svg>"
    }

    private static func element(of element: MimicElement, _ value: MimicValue?, isEditing: Bool) -> Markup {
        let tone = value?.tone.map { " tone-\($0.rawValue)" } ?? ""
        let said = [element.shape.title, element.label, value?.text ?? ""].filter { !$0.isEmpty }.joined(separator: " ")
        let editing: Markup =
            isEditing
            ? " tabindex=\"0\" data-element=\"\(element.id)\" data-x=\"\(element.x)\" data-y=\"\(element.y)\" data-w=\"\(element.width)\" data-h=\"\(element.height)\" aria-label=\"\(said)，方向键移动，按住 Shift 改变大小\""
            : .empty
        let turn: Markup = element.turn == 0 ? .empty : " transform=\"rotate(\(element.turn) \(element.width / 2) \(element.height / 2))\""
        return """
            <g class="mimic-element shape-\(element.shape.rawValue)\(tone)" transform="translate(\(element.x) \(element.y))"\(editing)><title>\(said)</title>\
            <g\(turn)>\(shape(element, value))</g>\(words(element, value))\(Markup.when(isEditing, "<rect class=\"mimic-frame\" width=\"\(element.width)\" height=\"\(element.height)\"/>"))</g>
            """
    }

    /// 0...1 of what a level shows; nil where nothing is known.
    private static func level(_ element: MimicElement, _ value: MimicValue?) -> Double? {
        value?.number.map { min(max(($0 - element.least) / (element.fullest - element.least), 0), 1) }
    }

    private static func shape(_ element: MimicElement, _ value: MimicValue?) -> Markup {
        let w = element.width, h = element.height
        switch element.shape {
        case .tank:
            let filled = Int((level(element, value) ?? 0) * Double(h - 8))
            return
                "<rect class=\"mimic-body\" width=\"\(w)\" height=\"\(h)\" rx=\"12\"/><rect class=\"mimic-level\" x=\"4\" y=\"\(h - 4 - filled)\" width=\"\(w - 8)\" height=\"\(filled)\" rx=\"8\"/>"
        case .vessel:
            return
                "<path class=\"mimic-body\" d=\"M0 \(h / 5) Q\(w / 2) \(-h / 10) \(w) \(h / 5) V\(h * 4 / 5) Q\(w / 2) \(h * 11 / 10) 0 \(h * 4 / 5) Z\"/><path class=\"mimic-line\" d=\"M\(w / 2) 0 V\(h * 3 / 5) M\(w / 4) \(h * 3 / 5) H\(w * 3 / 4)\"/>"
        case .tower:
            let trays = (1...5).map { tray -> Markup in "<path class=\"mimic-line\" d=\"M\(tray % 2 == 0 ? w / 4 : 0) \(h * tray / 6) h\(w * 3 / 4)\"/>" }
            return "<rect class=\"mimic-body\" width=\"\(w)\" height=\"\(h)\" rx=\"\(w / 2)\"/>\(trays)"
        case .pump:
            return
                "<ellipse class=\"mimic-body\" cx=\"\(w / 2)\" cy=\"\(h / 2)\" rx=\"\(w / 2)\" ry=\"\(h / 2)\"/><path class=\"mimic-mark\" d=\"M\(w / 3) \(h / 4) L\(w * 5 / 6) \(h / 2) L\(w / 3) \(h * 3 / 4) Z\"/>"
        case .valve: return "<path class=\"mimic-body\" d=\"M0 0 L\(w / 2) \(h / 2) L0 \(h) Z M\(w) 0 L\(w / 2) \(h / 2) L\(w) \(h) Z\"/>"
        case .pipe: return "<rect class=\"mimic-pipe\" width=\"\(w)\" height=\"\(h)\" rx=\"\(h / 2)\"/>"
        case .gauge: return gauge(element, value)
        case .lamp: return "<ellipse class=\"mimic-lamp\" cx=\"\(w / 2)\" cy=\"\(h / 2)\" rx=\"\(w / 2)\" ry=\"\(h / 2)\"/>"
        case .number: return "<rect class=\"mimic-body\" width=\"\(w)\" height=\"\(h)\" rx=\"4\"/>"
        case .text: return .empty
        case .area: return "<rect class=\"mimic-area\" width=\"\(w)\" height=\"\(h)\" rx=\"6\"/>"
        }
    }

    /// A dial from seven to five o'clock.
    private static func gauge(_ element: MimicElement, _ value: MimicValue?) -> Markup {
        let w = element.width, h = element.height
        let degrees = Int(-135 + (level(element, value) ?? 0) * 270)
        let needle: Markup = "<path class=\"mimic-needle\" d=\"M\(w / 2) \(h / 2) V\(h / 8)\" transform=\"rotate(\(degrees) \(w / 2) \(h / 2))\"/>"
        return "<ellipse class=\"mimic-body\" cx=\"\(w / 2)\" cy=\"\(h / 2)\" rx=\"\(w / 2)\" ry=\"\(h / 2)\"/>\(needle)"
    }

    /// Label and value stand upright whatever way the shape is turned.
    private static func words(_ element: MimicElement, _ value: MimicValue?) -> Markup {
        let middle = element.width / 2
        func line(_ text: String, _ y: Int, _ name: String) -> Markup { text.isEmpty ? .empty : "<text class=\"\(name)\" x=\"\(middle)\" y=\"\(y)\">\(text)</text>" }
        let said = value?.text ?? ""
        switch element.shape {
        case .number: return line(element.label, -6, "mimic-label") + line(said.isEmpty ? "—" : said, element.height / 2 + 6, "mimic-value")
        case .text: return line(element.label, element.height / 2 + 6, "mimic-text")
        case .area: return line(element.label, 22, "mimic-label") + line(said, 44, "mimic-value")
        case .tank, .vessel, .tower: return line(element.label, element.height + 18, "mimic-label") + line(said, element.height / 2 + 6, "mimic-value")
        default: return line(element.label, element.height + 16, "mimic-label") + line(said, element.height + 34, "mimic-value")
        }
    }
}
