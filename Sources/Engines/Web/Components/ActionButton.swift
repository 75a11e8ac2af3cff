/// A button or link that does one thing; used in page heads, rows, cards and dialogs.
package struct ActionButton: Rendered {
    package enum Style: String, Sendable { case primary, plain, quiet, danger }

    package enum Effect: Sendable {
        /// Goes to a page.
        case link(String)
        /// Opens a page of ours in the dialog; without JavaScript it goes there.
        case dialog(String)
        /// Sends POST; asks first when `confirm` is given. Answer with `Shell.done`.
        case post(String, confirm: String?)
        /// Saves a file.
        case download(String)
        /// Submits the form it stands in.
        case submit
        case print
    }

    package var title: String
    package var icon: String?
    package var style: Style
    package var effect: Effect
    /// Shows only the icon; the title becomes label and tooltip.
    package var isIconOnly: Bool
    package var isDisabled: Bool

    package init(_ title: String, _ effect: Effect, icon: String? = nil, style: Style = .plain, isIconOnly: Bool = false, isDisabled: Bool = false) {
        self.title = title
        self.effect = effect
        self.icon = icon
        self.style = style
        self.isIconOnly = isIconOnly
        self.isDisabled = isDisabled
    }

    package var markup: Markup {
        let look = Markup(trusted: " class=\"btn btn-\(style.rawValue)\(isIconOnly ? " btn-icon" : "")\"")
        let hint: Markup = isIconOnly ? "\(Markup.attribute("title", title))\(Markup.attribute("aria-label", title))" : .empty
        let content: Markup = "\(icon.map { Icon($0) })\(Markup.when(!isIconOnly, "<span>\(title)</span>"))"
        let off = Markup.flag("disabled", isDisabled)
        switch effect {
        case .link(let path):
            return isDisabled ? "<button type=\"button\"\(look)\(hint) disabled>\(content)</button>" : "<a href=\"\(path)\"\(look)\(hint)>\(content)</a>"
        case .dialog(let path):
            return "<a href=\"\(path)\"\(look)\(hint) hx-get=\"\(path)\" hx-target=\"#dialog\" hx-swap=\"innerHTML\" hx-push-url=\"false\" aria-haspopup=\"dialog\">\(content)</a>"
        case .post(let path, let confirm):
            return "<button type=\"button\"\(look)\(hint) hx-post=\"\(path)\"\(Markup.attribute("hx-confirm", confirm))\(off)>\(content)</button>"
        case .download(let path):
            return "<a href=\"\(path)\"\(look)\(hint) download hx-boost=\"false\">\(content)</a>"
        case .submit:
            return "<button type=\"submit\"\(look)\(hint)\(off)>\(content)</button>"
        case .print:
            return "<button type=\"button\"\(look)\(hint) data-print>\(content)</button>"
        }
    }
}
