import Hummingbird

extension Shell {
    /// A page that is one form, 422 when the form comes back with findings.
    ///
    /// - Parameter above: what is said before the form.
    package static func form(
        _ title: String, crumbs: [Crumb] = [], active: String = "", actions: Markup = .empty, above: Markup = .empty, _ form: Form, context: WebContext
    ) -> Response {
        page(
            title, crumbs: crumbs, active: active, actions: actions, status: form.findings.isEmpty ? .ok : .unprocessableContent, body: framed("\(above)\(form)", context),
            context: context)
    }

    /// In a card on a page; bare in the dialog, which has a frame of its own.
    package static func framed(_ body: Markup, _ context: WebContext) -> Markup { context.isDialog ? body : "\(Card(body: body))" }

    package static func framed(_ form: Form, _ context: WebContext) -> Markup { framed(form.markup, context) }
}
