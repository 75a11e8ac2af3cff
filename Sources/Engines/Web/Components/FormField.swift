/// One value that may be chosen.
package struct Choice: Sendable, Equatable {
    package var value: String
    package var title: String
    /// Heading under which a select shows it.
    package var group: String?

    package init(_ value: String, _ title: String, group: String? = nil) {
        self.value = value
        self.title = title
        self.group = group
    }
}

/// One labelled input of a form or of a search form.
package struct FormField: Sendable {
    package enum Kind: Sendable {
        case text
        case password
        /// `step` such as `1` or `0.01`.
        case number(step: String)
        case select([Choice])
        /// Repeats its name, once a chosen value.
        case multiSelect([Choice])
        /// The same folded away behind one line that names what is chosen; for search forms.
        case dropdown([Choice])
        case radio([Choice])
        /// One check box; sends `1`, and nothing when off.
        case check(String)
        /// `yyyy-MM-dd`.
        case day
        /// `yyyy-MM-ddTHH:mm`, Asia/Shanghai; read with `Moment(parsing:)`.
        case moment
        /// `yyyy-MM`.
        case month
        /// Two inputs named `<name>_from` and `<name>_to`; `values` are [from, to].
        case dayRange
        case numberRange
        case textArea(rows: Int)
        /// `accept` as in HTML: `.xlsx`, `application/pdf`.
        case file(accept: String, isMultiple: Bool)
        /// Camera or gallery, with preview.
        case photo(isMultiple: Bool)
        /// `longitude,latitude` in WGS84/CGCS2000, picked on a map.
        case mapPoint
        /// Type-ahead: GET `url?q=…` answers `ReferenceChoices`. `shown` is the title of the current value.
        case reference(url: String, shown: String)
        /// The same for several: repeats its name, once a chosen value. `shown` are the titles of the current ones.
        case references(url: String, shown: [Choice])
        case hidden
        /// Shown, not sent.
        case shown(Markup)
    }

    package var name: String
    package var title: String
    package var kind: Kind
    /// The current value; several for multiSelect and ranges.
    package var values: [String]
    package var isRequired: Bool
    package var isReadOnly: Bool
    package var help: String?
    /// What is wrong with it, shown under the input.
    package var error: String?
    package var placeholder: String?
    /// Shown after the input: `吨`, `km/h`.
    package var unit: String?
    package var maxLength: Int?
    package var minimum: String?
    package var maximum: String?
    /// Takes the whole width of the form.
    package var isWide: Bool
    /// Behind 更多条件 of a search form.
    var isFolded = false
    /// Begins the ids, so that a search form, a form and the dialog may stand in one page.
    var scope = "f"

    package init(
        _ name: String, _ title: String, _ kind: Kind, value: String? = nil, values: [String] = [], isRequired: Bool = false, isReadOnly: Bool = false, help: String? = nil,
        error: String? = nil, placeholder: String? = nil, unit: String? = nil, maxLength: Int? = nil, minimum: String? = nil, maximum: String? = nil, isWide: Bool = false
    ) {
        self.name = name
        self.title = title
        self.kind = kind
        self.values = value.map { [$0] } ?? values
        self.isRequired = isRequired
        self.isReadOnly = isReadOnly
        self.help = help
        self.error = error
        self.placeholder = placeholder
        self.unit = unit
        self.maxLength = maxLength
        self.minimum = minimum
        self.maximum = maximum
        self.isWide = isWide
    }

    package var value: String { values.first ?? "" }
    var isFile: Bool {
        switch kind {
        case .file, .photo: true
        default: false
        }
    }
    var identifier: String { "\(scope)-\(name)" }
}

/// The answer to a reference field's `url?q=`: at most twenty matches.
package struct ReferenceChoices: Rendered {
    package var choices: [Choice]

    package init(_ choices: [Choice]) { self.choices = choices }

    package var markup: Markup {
        guard !choices.isEmpty else { return "<li class=\"ref-none\">\(Language.say("没有匹配的记录", "No match"))</li>" }
        return .joined(
            choices.map { choice in
                "<li role=\"option\" tabindex=\"-1\" data-value=\"\(choice.value)\" data-shown=\"\(choice.title)\">\(choice.title)\(choice.group.map { group -> Markup in "<small>\(group)</small>" })</li>"
            })
    }
}
