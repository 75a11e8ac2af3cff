/// What a colour says. Yellow, orange and red are kept for warnings, as the national warning levels use them.
package enum Tone: String, Sendable, CaseIterable {
    case neutral, info, good, muted, blue, yellow, orange, red
}

/// A symbol of `icons.svg`, drawn in the colour of the text.
package struct Icon: Rendered {
    package var name: String
    package var title: String?

    package init(_ name: String, title: String? = nil) {
        self.name = name
        self.title = title
    }

    package var markup: Markup {
        let label: Markup = title.map { "<title>\($0)</title>" } ?? .empty
        return "<svg class=\"icon\"\(Markup.flag("aria-hidden=\"true\"", title == nil))>\(label)<use href=\"/static/icons.svg#\(name)\"></use></svg>"
    }
}

/// A small label that carries a state.
package struct Badge: Rendered {
    package var text: String
    package var tone: Tone
    /// A dot before the text instead of a filled label, for dense tables.
    package var isDot: Bool

    package init(_ text: String, _ tone: Tone = .neutral, isDot: Bool = false) {
        self.text = text
        self.tone = tone
        self.isDot = isDot
    }

    package var markup: Markup { "<span class=\"\(isDot ? "dot" : "tag") tone-\(tone.rawValue)\">\(text)</span>" }
}
