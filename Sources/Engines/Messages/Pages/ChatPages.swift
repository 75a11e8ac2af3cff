import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// 消息聊天 (D9.16.1): one's conversations on the left, one of them on the right; on a phone one after the other.
package struct ChatPages: Sendable {
    let engine: ChatEngine
    let blobs: any BlobStore

    package init(engine: ChatEngine, blobs: any BlobStore) {
        self.engine = engine
        self.blobs = blobs
    }

    package static let menu: [MenuItem] = [MenuItem("事项办理", groupEN: "Work", "聊天", "Chat", icon: "message", path: "/chat", permission: nil, order: 67)]

    package func add(to routes: Routes) {
        routes.get("/chat", permission: .signedIn, use: list)
        routes.get("/chat/new", permission: .signedIn) { _, context in try await form(context, nil, []) }
        routes.post("/chat/new", permission: .signedIn, use: make)
        routes.get("/chat/people", permission: .signedIn, use: people)
        routes.get("/chat/{id}", permission: .signedIn, use: room)
        routes.post("/chat/{id}", permission: .signedIn, use: say)
        routes.get("/chat/{id}/lines", permission: .signedIn, use: lines)
        routes.get("/chat/{id}/files/{line}", permission: .signedIn, use: file)
        routes.post("/chat/{id}/recall/{line}", permission: .signedIn, use: recall)
        routes.get("/chat/{id}/group", permission: .signedIn) { _, context in try await form(context, try context.id(), []) }
        routes.post("/chat/{id}/group", permission: .signedIn, use: change)
        routes.post("/chat/{id}/leave", permission: .signedIn, use: leave)
        routes.post("/chat/{id}/close", permission: .signedIn, use: close)
    }

    /// `GET /chat?q=`.
    @Sendable
    func list(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let keyword = context.here["q"]
        let rooms = try await engine.database.read { [engine] in try engine.rooms(keyword, of: principal, in: $0) }
        let body: Markup = """
            <div class="chat is-list" data-chat="">\(side(rooms, keyword: keyword, open: nil))<section class="chat-main">\
            \(EmptyState("选择左边的会话，或发起新的聊天", icon: "message"))</section></div>\(files(context))
            """
        return page("聊天", context, body)
    }

    private func page(_ title: String, _ context: WebContext, actions: Markup = .empty, _ body: Markup) -> Response {
        Shell.page(
            title, crumbs: [Crumb("聊天", "/chat")], active: "/chat", actions: "\(actions)\(ActionButton("发起聊天", .dialog("/chat/new"), icon: "plus", style: .primary))", body: body,
            context: context)
    }

    private func files(_ context: WebContext) -> Markup {
        let assets = context.site.assets
        return
            "<link rel=\"stylesheet\" href=\"\(assets.path("chat.css"))\"><script type=\"module\" src=\"\(assets.path("chat.js"))\"></script><div hidden data-live-json=\"\(ChatEngine.topic)\"></div>"
    }

    private func side(_ rooms: [ChatRoom], keyword: String?, open: Int64?) -> Markup {
        let lines = rooms.map { room -> Markup in
            let count: Markup = room.unread == 0 || room.id == open ? .empty : "<span class=\"chat-count\" aria-label=\"未读 \(room.unread)\">\(min(room.unread, 99))</span>"
            let current = Markup.attribute("aria-current", room.id == open ? "page" : nil)
            return """
                <li><a href="/chat/\(room.id)"\(current)>\(Icon(room.isGroup ? "users" : "user"))<span class="chat-who"><b>\(room.title)</b>\
                <small>\(room.lastText)</small></span><span class="chat-when"><time>\(String(room.lastAt.text.dropFirst(5).prefix(11)))</time>\(count)</span></a></li>
                """
        }
        let empty: Markup = rooms.isEmpty ? "<p class=\"nothing\">\(keyword == nil ? "还没有会话" : "没有符合的会话")</p>" : .empty
        return """
            <nav class="chat-side" id="chat-side" aria-label="会话"><form class="chat-search" action="/chat" method="get" role="search"><input class="form-control" type="search" name="q" value="\(keyword ?? "")" \
            placeholder="搜索会话" aria-label="搜索会话"></form><ul>\(lines)</ul>\(empty)</nav>
            """
    }

    /// `GET /chat/{id}?before=`.
    @Sendable
    func room(request: Request, context: WebContext) async throws -> Response { try await show(context, [], .ok) }

    private func show(_ context: WebContext, _ findings: [FieldFinding], _ status: HTTPResponse.Status) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let before = context.here["before"].flatMap { Int64($0) }
        try await engine.database.write { [engine] tx in
            _ = try engine.room(id, of: principal, in: tx)
            try engine.see(id, by: principal, in: tx)
        }
        let (found, rooms, lines) = try await engine.database.read { [engine] reader in
            (try engine.room(id, of: principal, in: reader), try engine.rooms(of: principal, in: reader), try engine.lines(before: before, of: id, in: reader))
        }
        let (room, members) = found
        let older: Markup =
            lines.count == 50 ? "<a class=\"chat-older\" href=\"/chat/\(id)?before=\(lines.first?.id ?? 0)\">更早的消息</a>" : .empty
        let head: Markup = """
            <header class="chat-head"><a class="chat-back" href="/chat" aria-label="返回会话列表">\(Icon("left"))</a><h2>\(room.title)</h2>\
            <small>\(room.isGroup ? "\(members.count) 人" : members.first { $0.user != principal.id }?.orgName ?? "")</small></header>
            """
        let wrong: Markup = findings.isEmpty ? .empty : "<p class=\"form-error\" role=\"alert\">\(findings.map { $0.title + $0.message }.joined(separator: "；"))</p>"
        let form: Markup =
            room.closedAt != nil
            ? "<p class=\"nothing\">该群已解散</p>"
            : """
            <form class="chat-form" method="post" action="/chat/\(id)" enctype="multipart/form-data" data-chat-form><input type="hidden" name="_csrf" value="\(context.csrf)">\
            <label class="btn btn-icon chat-file" title="图片、语音、视频或文件">\(Icon("upload"))<input type="file" name="file" accept="\(UploadedContent.accepted),.mp3,.m4a,.ogg" aria-label="附件"></label>\
            <button class="btn btn-icon chat-record" type="button" data-chat-record hidden aria-pressed="false" title="录语音，再按一次发送">\(Icon("mic"))<span class="visually-hidden">录语音</span></button>\
            <textarea class="form-control" name="text" rows="2" maxlength="2000" placeholder="输入消息，Enter 发送，Shift+Enter 换行" aria-label="消息"></textarea>\
            <button class="btn btn-primary" type="submit">发送</button></form>
            """
        let body: Markup = """
            <div class="chat" data-chat="\(id)">\(side(rooms, keyword: nil, open: id))<section class="chat-main">\(head)\
            <ol class="chat-lines" id="chat-lines" tabindex="0" aria-live="polite" aria-label="消息">\(older)\(marked(lines, room: id, members, principal))</ol>\(wrong)\(form)</section></div>\(files(context))
            """
        var actions: Markup = .empty
        if room.isGroup {
            let isLed = members.contains { $0.user == principal.id && $0.isAdmin }
            actions =
                isLed
                ? "\(ActionButton("群管理", .dialog("/chat/\(id)/group"), icon: "settings"))\(ActionButton("解散", .post("/chat/\(id)/close", confirm: "解散“\(room.title)”？记录保留，不能再发言。"), style: .danger))"
                : "\(ActionButton("退出群", .post("/chat/\(id)/leave", confirm: "退出“\(room.title)”？"), style: .quiet))"
        }
        return Shell.page(
            room.title, crumbs: [Crumb("聊天", "/chat"), Crumb(room.title)], active: "/chat",
            actions: "\(actions)\(ActionButton("发起聊天", .dialog("/chat/new"), icon: "plus", style: .primary))", status: status, body: body, context: context)
    }

    /// The lines as list items; one's own with who has seen them.
    private func marked(_ lines: [ChatLine], room: Int64, _ members: [ChatMember], _ principal: Principal) -> Markup {
        var day = ""
        var out: Markup = .empty
        for line in lines {
            if line.at.day.text != day {
                day = line.at.day.text
                out += "<li class=\"chat-day\" data-day=\"\(day)\">\(day)</li>"
            }
            let isOwn = line.by == principal.id
            let others = members.filter { $0.user != line.by }
            let seen = others.filter { $0.seen >= line.id }.count
            let receipt = !isOwn || line.isRecalled ? "" : seen == 0 ? "未读" : others.count == 1 ? "已读" : seen >= others.count ? "全部已读" : "\(seen) 人已读"
            let mayRecall = isOwn && !line.isRecalled && line.at.adding(seconds: ChatEngine.recallSeconds) >= engine.clock.now
            let recall: Markup = mayRecall ? "\(ActionButton("撤回", .post("/chat/\(room)/recall/\(line.id)", confirm: nil), style: .quiet))" : .empty
            out += """
                <li id="line-\(line.id)" data-line="\(line.id)"\(Markup.classes(("chat-line", true), ("is-own", isOwn)))><small>\(line.byName) <time>\(String(line.at.text.dropFirst(11).prefix(5)))</time></small>\
                <div class="chat-bubble">\(content(line, room))</div><small class="chat-receipt">\(receipt)\(recall)</small></li>
                """
        }
        return out
    }

    private func content(_ line: ChatLine, _ room: Int64) -> Markup {
        if line.isRecalled { return "<i>已撤回</i>" }
        var out: Markup = line.text.isEmpty ? .empty : "<span class=\"keeps-lines\">\(line.text)</span>"
        if let path = line.path { out += "<a href=\"\(path)\">\(Icon("link"))平台页面 \(path)</a>" }
        guard let file = line.file else { return out }
        let address = "/chat/\(room)/files/\(line.id)"
        if file.isPicture {
            out += "<a href=\"\(address)\" data-photo data-title=\"\(file.name)\"><img src=\"\(address)\" alt=\"\(file.name)\" loading=\"lazy\"></a>"
        } else if file.mediaType.hasPrefix("audio/") {
            out += "<audio controls preload=\"none\" src=\"\(address)\"></audio>"
        } else {
            out += "<a href=\"\(address)\" download hx-boost=\"false\">\(Icon("file"))\(file.name)（\(Figure.size(file.size))）</a>"
        }
        return out
    }

    /// `GET /chat/{id}/lines`: what the page shows again when something was said: the last lines.
    @Sendable
    func lines(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let isSeen = context.here["seen"] == "1"
        if isSeen {
            try await engine.database.write { [engine] tx in
                _ = try engine.room(id, of: principal, in: tx)
                try engine.see(id, by: principal, in: tx)
            }
        }
        let (found, rooms, lines) = try await engine.database.read { [engine] reader in
            (try engine.room(id, of: principal, in: reader), try engine.rooms(of: principal, in: reader), try engine.lines(of: id, in: reader))
        }
        return .html("<ol id=\"chat-lines\">\(marked(lines, room: id, found.members, principal))</ol>\(side(rooms, keyword: nil, open: id))")
    }
}
