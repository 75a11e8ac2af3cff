import Identity
import Kernel

extension Shell {
    /// The whole HTML document around a main part.
    static func document(_ title: String, layout: Layout, main: Markup, context: WebContext) -> Markup {
        let assets = context.site.assets
        let site = siteName(context)
        let body: Markup =
            switch layout {
            case .standard: "<div class=\"app\">\(sidebar(context))<div class=\"app-body\">\(topBar(context))\(main)</div></div>"
            case .bare, .screen: main
            case .mobile: "\(mobileBar(title, context))\(main)"
            }
        return """
            <!doctype html>
            <html lang="\(context.language == .zh ? "zh-CN" : "en")" data-theme="\(layout == .screen ? "dark" : context.theme.rawValue)" data-assets="/assets/\(assets.version)/">
            <head><meta charset="utf-8"><title>\(title) · \(site)</title><meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">\
            <meta name="theme-color" content="#10263f"><meta name="csrf" content="\(context.csrf)"><meta name="htmx-config" content="\(htmxSettings)">\
            <link rel="icon" href="\(assets.path("favicon.svg"))" type="image/svg+xml"><link rel="manifest" href="/manifest.webmanifest">\
            <link rel="apple-touch-icon" href="\(assets.path("icon-192.png"))"><link rel="stylesheet" href="\(assets.thirdParty("bootstrap.min.css"))">\
            <link rel="stylesheet" href="\(assets.path("app.css"))"><link rel="stylesheet" href="\(assets.path("components.css"))">\(Markup.when(layout == .screen, "<link rel=\"stylesheet\" href=\"\(assets.path("screen.css"))\">"))\
            <script src="\(assets.thirdParty("htmx.min.js"))" defer></script><script src="\(assets.path("app.js"))" type="module"></script></head>
            <body class="layout-\(layout.rawValue)" hx-boost="true" hx-target="#main" hx-swap="outerHTML show:window:top"\(Markup.flag("data-live-on", context.principal != nil))\(Markup.flag("data-terminal", context.principal?.terminal != nil))\(Markup.attribute("data-flash", context.flash))\(Markup.attribute("data-watermark", watermark(context)))>
            <a class="skip" href="#main">\(context.text("跳到正文", "Skip to content"))</a>
            \(body)
            <dialog id="dialog" class="dialog" aria-labelledby="dialog-title"></dialog><div id="toasts" class="toasts" aria-live="polite"></div><div class="loading-bar" aria-hidden="true"></div>
            </body></html>
            """
    }

    /// Who reads, for the faint writing over the page; nil where the rules ask for none.
    private static func watermark(_ context: WebContext) -> String? {
        guard context.site.sessions.watermark, let principal = context.principal else { return nil }
        return "\(principal.name) \(principal.login)"
    }

    /// No eval, no styles of its own, no page copies in the browser's storage; 422 comes back as a form with its findings.
    private static let htmxSettings: String =
        ([
            "allowEval": false, "includeIndicatorStyles": false, "historyCacheSize": 0, "refreshOnHistoryMiss": true, "selfRequestsOnly": true, "scrollIntoViewOnBoost": false,
            "timeout": 60000,
            "responseHandling": [
                ["code": "204", "swap": false], ["code": "[23]..", "swap": true], ["code": "422", "swap": true], ["code": "[45]..", "swap": false, "error": true],
            ],
        ] as JSONValue).text

    /// The longest path of the menu that begins this address.
    private static func activeLine(_ items: [MenuItem], _ path: String) -> String? {
        items.map(\.path).filter { $0 == path || ($0 != "/" && path.hasPrefix($0 + "/")) }.max { $0.count < $1.count }
    }

    private static func sidebar(_ context: WebContext) -> Markup {
        let settings = context.site.settings
        let menu = context.site.menu(for: context), here = activeLine(menu.flatMap(\.items), context.here.path)
        let groups = menu.enumerated().map { index, group -> Markup in
            var section = ""
            let items = group.items.map { item -> Markup in
                let title = context.text(item.section, item.sectionEN), isNew = title != section
                section = title
                return """
                    \(Markup.when(isNew && !title.isEmpty, "<li class=\"menu-section\">\(title)</li>"))<li><a href="\(item.path)" data-menu="\(item.path)">\(Icon(item.icon))\
                    <span>\(context.text(item.title, item.titleEN))</span></a></li>
                    """
            }
            let icon = group.items.first?.groupIcon ?? ""
            let isOpen = icon.isEmpty || index == 0 || group.items.contains { $0.path == here }
            return """
                <details class="menu-group"\(Markup.flag("open", isOpen))><summary>\(icon.isEmpty ? .empty : "\(Icon(icon))")<span>\(group.group)</span></summary><ul>\(items)</ul></details>
                """
        }
        return """
            <aside class="sidebar" id="sidebar"><a class="brand" href="\(settings.homePath)"><span class="brand-mark">\(Icon("brand"))</span><span class="brand-text"><b>\(context.text("见微", "Jianwei"))</b>\
            <small>\(context.text(settings.systemName, settings.systemNameEN))</small></span></a>\
            <div class="menu-find">\(Icon("search"))<input type="search" placeholder="\(context.text("查找功能", "Find"))" aria-label="\(context.text("查找功能", "Find a page"))" data-menu-find autocomplete="off"></div>\
            <nav class="menu" aria-label="\(context.text("主菜单", "Main menu"))">\(groups)</nav></aside><div class="sidebar-shade" data-menu-close></div>
            """
    }

    private static func topBar(_ context: WebContext) -> Markup {
        """
        <header class="topbar"><button type="button" class="icon-button menu-toggle" data-menu-toggle aria-label="\(context.text("菜单", "Menu"))" aria-controls="sidebar">\(Icon("menu"))</button>\
        <nav class="recent" aria-label="\(context.text("最近打开", "Recent pages"))" data-recent></nav><div class="topbar-end">\(searchBox(context))\(bell(context))\(userMenu(context))</div></header>
        """
    }

    /// On a narrow window only the way to the search page.
    private static func searchBox(_ context: WebContext) -> Markup {
        guard context.principal != nil, let path = context.site.settings.searchPath else { return .empty }
        let hint = context.text("搜索车牌、企业、报警、事项…", "Search plates, enterprises, alarms…")
        return """
            <form class="global-search" role="search" action="\(path)" method="get" data-global-search="\(path)">\(Icon("search"))<input type="search" name="q" maxlength="80" autocomplete="off" placeholder="\(hint)"\
             aria-label="\(context.text("全局搜索", "Search everything"))" role="combobox" aria-expanded="false" aria-controls="global-search-list" aria-autocomplete="list"><kbd>/</kbd>\
            <div class="global-search-list" id="global-search-list" role="listbox" hidden></div></form>\
            <a class="icon-button global-search-link" href="\(path)" aria-label="\(context.text("搜索", "Search"))">\(Icon("search"))</a>
            """
    }

    private static func bell(_ context: WebContext) -> Markup {
        guard context.principal != nil else { return .empty }
        return """
            <details class="drop bell" data-bell><summary class="icon-button" aria-label="\(context.text("消息", "Notifications"))">\(Icon("bell"))<span class="bell-count" hidden data-bell-count></span></summary>\
            <div class="drop-panel"><div class="drop-head"><strong>\(context.text("实时提醒", "Live notices"))</strong><button type="button" class="btn btn-quiet btn-small" data-bell-clear>\(context.text("清空", "Clear"))</button></div>\
            <ul class="bell-list" data-bell-list data-empty="\(context.text("暂无新的提醒", "Nothing new"))"></ul></div></details>
            """
    }

    private static func userMenu(_ context: WebContext) -> Markup {
        guard let principal = context.principal else { return "<a class=\"btn btn-primary btn-small\" href=\"/login\">\(context.text("登录", "Sign in"))</a>" }
        let otherLanguage = context.language == .zh ? "en" : "zh"
        let themes = [(Theme.auto, context.text("随系统", "System"), "monitor"), (.light, context.text("浅色", "Light"), "sun"), (.dark, context.text("深色", "Dark"), "moon")].map {
            theme, title, icon -> Markup in
            "<a href=\"\(context.here.with("theme", theme.rawValue).text)\" data-theme-set=\"\(theme.rawValue)\" hx-boost=\"false\"\(Markup.flag("aria-current=\"true\"", theme == context.theme))>\(Icon(icon))<span>\(title)</span></a>"
        }
        return """
            <details class="drop user"><summary><span class="avatar" aria-hidden="true">\(principal.name.prefix(1))</span><span class="user-name">\(principal.name)\(principal.post.map { post -> Markup in "<small> · \(post.title)</small>" })</span>\(Icon("down"))</summary>\
            <div class="drop-panel"><div class="user-card"><strong>\(principal.name)</strong><span>\(principal.organisationName)</span></div>\(postSwitch(principal, context))\
            <div class="theme-switch" role="group" aria-label="\(context.text("外观", "Theme"))">\(themes)</div>\
            <a class="drop-item" href="\(context.here.with("lang", otherLanguage).text)" hx-boost="false">\(Icon("globe"))\(context.text("English", "中文"))</a>\
            <a class="drop-item" href="/account/password">\(Icon("key"))\(context.text("修改密码", "Change password"))</a>\
            <a class="drop-item" href="/account/sessions">\(Icon("monitor"))\(context.text("我的登录", "My sign-ins"))</a>\
            <a class="drop-item" href="/account/second">\(Icon("shield"))\(context.text("动态口令", "One-time codes"))</a>\
            <a class="drop-item" href="/account/applications">\(Icon("link"))\(context.text("已授权的应用", "Applications"))</a>\
            <form method="post" action="/logout" hx-boost="false"><input type="hidden" name="_csrf" value="\(context.csrf)"><button type="submit" class="drop-item">\(Icon("exit"))\(context.text("退出登录", "Sign out"))</button></form></div></details>
            """
    }

    /// In which of several posts one acts; choosing another takes effect at once.
    private static func postSwitch(_ principal: Principal, _ context: WebContext) -> Markup {
        guard !principal.posts.isEmpty else { return .empty }
        func choice(_ unit: Int64?, _ title: String) -> Markup {
            let isHere = unit == principal.post?.unit
            let icon = isHere ? "check" : "user"
            return """
                <form method="post" action="/account/posts" hx-boost="false"><input type="hidden" name="_csrf" value="\(context.csrf)"><input type="hidden" name="unit" value="\(unit)">\
                <button type="submit" class="drop-item"\(Markup.flag("aria-current=\"true\"", isHere))\(Markup.flag("disabled", isHere))>\(Icon(icon))\(title)</button></form>
                """
        }
        let posts = principal.posts.map { choice($0.unit, $0.fullTitle) }
        return """
            <div class="post-switch" role="group" aria-label="\(context.text("岗位", "Posts"))">\(choice(nil, context.text("本职", "Own account")))\(posts)</div>
            """
    }

    private static func mobileBar(_ title: String, _ context: WebContext) -> Markup {
        "<header class=\"topbar mobile-bar\"><button type=\"button\" class=\"icon-button\" data-back aria-label=\"\(context.text("返回", "Back"))\">\(Icon("left"))</button><strong>\(title)</strong><a class=\"icon-button\" href=\"/m\" aria-label=\"\(context.text("首页", "Home"))\">\(Icon("home"))</a></header>"
    }
}
