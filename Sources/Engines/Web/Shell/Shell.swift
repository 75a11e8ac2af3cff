import HTTPTypes
import Hummingbird
import Kernel

/// One step of the way to a page; the last one has no path.
package struct Crumb: Sendable {
    package var title: String
    package var path: String?

    package init(_ title: String, _ path: String? = nil) {
        self.title = title
        self.path = path
    }
}

/// The frame around every page.
package enum Shell {
    package enum Layout: String, Sendable {
        /// Menu, top bar, breadcrumbs.
        case standard
        /// Centred card without menu: login, password, errors before sign-in.
        case bare
        /// Dark big screen without menu, filling 1920×1080 or 3840×2160.
        case screen
        /// Phone pages under /m: top bar and bottom navigation.
        case mobile
    }

    /// A page. Answers by what was asked: a whole document, the main part (menu navigation, tables, filters), or the content of a dialog.
    ///
    /// - Parameters:
    ///   - active: the menu item's path to mark; empty: the longest menu path that begins this address.
    ///   - actions: buttons at the right of the title.
    ///   - status: 422 when a form comes back with findings.
    ///   - hasHead: false when the body brings its own heading.
    package static func page(
        _ title: String, crumbs: [Crumb] = [], active: String = "", actions: Markup = .empty, status: HTTPResponse.Status = .ok, layout: Layout = .standard, hasHead: Bool = true,
        body: Markup, context: WebContext
    ) -> Response {
        var response: Response
        if context.isDialog {
            response = .html(dialogContent(title, actions: actions, body: body), status: status)
        } else {
            let main = mainPart(title, crumbs: crumbs, active: active, actions: actions, layout: layout, hasHead: hasHead, body: body, context: context)
            response = .html(
                context.isPartial ? "<title>\(title) · \(siteName(context))</title>\(main)" : document(title, layout: layout, main: main, context: context), status: status)
        }
        if context.flash != nil {
            if context.isPartial, let flash = context.flash { response.trigger([("jw:toast", ["text": .string(flash), "tone": "good"])]) }
            response.headers[values: .setCookie].append("jw_flash=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
        }
        response.headers[.vary] = "HX-Request, HX-Target, Accept, Cookie"
        return response
    }

    /// After a successful change: shows `message` as a toast and goes to `path`; from a dialog it closes the dialog and refreshes the page behind it instead.
    package static func done(_ message: String, to path: String, context: WebContext) -> Response {
        guard context.isPartial else {
            var response = Response.redirect(to: path, type: .normal)
            response.headers[values: .setCookie].append("jw_flash=\(FormEncoding.encode(message)); Path=/; Max-Age=30; HttpOnly; SameSite=Lax")
            return response
        }
        var response = Response(status: .noContent)
        var events: [(name: String, value: JSONValue)] = [("jw:toast", ["text": .string(message), "tone": "good"])]
        if context.isDialog {
            events += [("jw:close-dialog", true), ("jw:refresh", true)]
            response.trigger(events)
        } else {
            response = Response(status: .ok)
            response.trigger(events)
            response.headers[.hxLocation] = (["path": .string(path), "target": "#main", "swap": "outerHTML show:window:top"] as JSONValue).asciiText
        }
        return response
    }

    /// After a change made from a row or a panel: shows `message` and refreshes the page as it is (filters, page and place kept), closing the dialog if one is open.
    package static func refreshed(_ message: String, context: WebContext, request: Request) -> Response {
        guard context.isPartial else {
            let back = request.headers[.referer].flatMap { url in url.firstRange(of: "://").flatMap { url[$0.upperBound...].firstIndex(of: "/") }.map { String(url[$0...]) } }
            return done(message, to: AccountPages.inside(back, context), context: context)
        }
        var response = Response(status: .noContent)
        response.trigger([("jw:toast", ["text": .string(message), "tone": "good"]), ("jw:close-dialog", true), ("jw:refresh", true)])
        return response
    }

    static func siteName(_ context: WebContext) -> String { context.text("见微 · \(context.site.settings.systemName)", "Jianwei · \(context.site.settings.systemNameEN)") }

    private static func dialogContent(_ title: String, actions: Markup, body: Markup) -> Markup {
        """
        <div class="dialog-head"><h2 id="dialog-title">\(title)</h2><div class="dialog-actions">\(actions)</div>\
        <button type="button" class="icon-button" data-close aria-label="\(Language.say("关闭", "Close"))">\(Icon("x"))</button></div><div class="dialog-body">\(body)</div>
        """
    }

    private static func mainPart(_ title: String, crumbs: [Crumb], active: String, actions: Markup, layout: Layout, hasHead: Bool, body: Markup, context: WebContext) -> Markup {
        let trail: Markup =
            crumbs.isEmpty
            ? .empty
            : "<nav class=\"crumbs\" aria-label=\"\(context.text("当前位置", "Breadcrumb"))\"><ol>\(crumbs.map { crumb -> Markup in "<li>\(link(crumb))</li>" })</ol></nav>"
        let head: Markup =
            layout == .bare || layout == .screen || !hasHead
            ? .empty
            : "<header class=\"page-head\">\(trail)<div class=\"page-title\"><h1>\(title)</h1><div class=\"page-actions\">\(actions)</div></div></header>"
        return "<main id=\"main\" class=\"main main-\(layout.rawValue)\" tabindex=\"-1\" data-title=\"\(title)\" data-active=\"\(active)\">\(head)\(body)</main>"
    }

    private static func link(_ crumb: Crumb) -> Markup {
        if let path = crumb.path { return "<a href=\"\(path)\">\(crumb.title)</a>" }
        return "<span aria-current=\"page\">\(crumb.title)</span>"
    }
}
