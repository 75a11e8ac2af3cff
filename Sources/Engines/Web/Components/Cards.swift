/// A titled surface.
package struct Card: Rendered {
    package var title: String?
    package var actions: Markup
    package var body: Markup
    /// Without inner padding, for tables and maps.
    package var isFlush: Bool

    package init(_ title: String? = nil, actions: Markup = .empty, isFlush: Bool = false, body: Markup) {
        self.title = title
        self.actions = actions
        self.isFlush = isFlush
        self.body = body
    }

    package var markup: Markup {
        let head: Markup = title == nil && actions.isEmpty ? .empty : "<header class=\"panel-head\"><h2>\(title)</h2><div class=\"panel-actions\">\(actions)</div></header>"
        return "<section class=\"panel\(isFlush ? " is-flush" : "")\">\(head)<div class=\"panel-body\">\(body)</div></section>"
    }
}

/// Lays parts side by side: as many columns as fit, one on a phone.
package struct Grid: Rendered {
    package enum Columns: String, Sendable {
        case halves, thirds, quarters, sixths
        /// Two thirds and one third.
        case mainAside
        /// A quarter and three quarters (a tree beside a list).
        case asideMain
    }

    package var columns: Columns
    package var parts: [Markup]

    package init(_ columns: Columns, _ parts: [Markup]) {
        self.columns = columns
        self.parts = parts
    }

    package var markup: Markup { "<div class=\"grid grid-\(columns.rawValue)\">\(parts)</div>" }
}

/// One number that matters.
package struct StatCard: Rendered {
    package var title: String
    package var value: String
    package var unit: String
    package var note: Markup
    package var tone: Tone
    package var icon: String?
    package var path: String?
    /// A small line of the last values, oldest first.
    package var trend: [Double]

    package init(_ title: String, _ value: String, unit: String = "", note: Markup = .empty, tone: Tone = .neutral, icon: String? = nil, path: String? = nil, trend: [Double] = [])
    {
        self.title = title
        self.value = value
        self.unit = unit
        self.note = note
        self.tone = tone
        self.icon = icon
        self.path = path
        self.trend = trend
    }

    package var markup: Markup {
        let inner: Markup = """
            <span class="stat-title">\(icon.map { Icon($0) })\(title)</span><span class="stat-value">\(value)<small>\(unit)</small></span>\
            <span class="stat-note">\(note)</span>\(spark)
            """
        if let path { return "<a class=\"stat tone-\(tone.rawValue)\" href=\"\(path)\">\(inner)</a>" }
        return "<div class=\"stat tone-\(tone.rawValue)\">\(inner)</div>"
    }

    private var spark: Markup {
        guard trend.count > 1, let low = trend.min(), let high = trend.max() else { return .empty }
        let spread = high > low ? high - low : 1
        let step = 96.0 / Double(trend.count - 1)
        let points = trend.enumerated().map { index, value -> String in
            let x = Figure.decimal(Double(index) * step)
            let y = Figure.decimal(26 - (value - low) / spread * 24)
            return "\(x),\(y)"
        }
        return
            "<svg class=\"spark\" viewBox=\"0 0 96 28\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><polyline points=\"\(points.joined(separator: " "))\"></polyline></svg>"
    }
}

/// Nothing to show, said kindly, with what to do next.
package struct EmptyState: Rendered {
    package var title: String
    package var hint: String
    package var icon: String
    package var action: Markup

    package init(_ title: String, hint: String = "", icon: String = "inbox", action: Markup = .empty) {
        self.title = title
        self.hint = hint
        self.icon = icon
        self.action = action
    }

    package var markup: Markup {
        "<div class=\"empty\">\(Icon(icon))<p class=\"empty-title\">\(title)</p>\(Markup.when(!hint.isEmpty, "<p class=\"empty-hint\">\(hint)</p>"))<div class=\"empty-action\">\(action)</div></div>"
    }
}

/// A sentence that stands in the page.
package struct Notice: Rendered {
    package var tone: Tone
    package var content: Markup

    package init(_ tone: Tone, _ content: Markup) {
        self.tone = tone
        self.content = content
    }

    package var markup: Markup {
        let icon =
            switch tone {
            case .good: "check"
            case .yellow, .orange, .red: "alert"
            default: "info"
            }
        return "<div class=\"notice tone-\(tone.rawValue)\" role=\"\(tone == .red || tone == .orange ? "alert" : "status")\">\(Icon(icon))<div>\(content)</div></div>"
    }
}
