import Hummingbird
import Identity
import Kernel
import Ledgers
import Media
import Storage
import Web

extension WorkPages {
    /// Everything a case page shows, read in one snapshot.
    struct CaseView: Sendable {
        var item: WorkflowCase
        var definition: WorkflowDeclaration
        var path: [WorkflowStepRecord]
        var events: [WorkflowEvent]
        var holders: [Int64: [String]]
        var own: Set<Int64>
        var uses: [String: Int]
        var doneBefore: [(name: String, title: String)]
        /// Whom fields name by login: what stands in the field, and the person's name.
        var people: NamedPeople
    }

    struct NamedPeople: Sendable {
        var fields: Set<String> = []
        var names: [String: String] = [:]
    }

    private func people(_ definition: WorkflowDeclaration, _ item: WorkflowCase, _ events: [WorkflowEvent], _ reader: any Reader) throws -> NamedPeople {
        let fields = Set(definition.namedFields.map(\.field))
        let logins = Set(([item.data] + events.map(\.data)).flatMap { data in fields.compactMap { data[$0]?.string } })
        guard !logins.isEmpty else { return NamedPeople() }
        let rows = try reader.rows("SELECT login, name FROM users WHERE login IN (\(list: Array(logins.sorted().prefix(500))))")
        return NamedPeople(fields: fields, names: rows.reduce(into: [:]) { $0[$1.text("login") ?? ""] = $1.text("name") })
    }

    func view(_ id: Int64, by principal: Principal) async throws -> CaseView {
        try await database.read { [engine] reader in
            let item = try engine.visible(id, by: principal, in: reader)
            let (definition, events) = (try engine.definition(of: item), try engine.timeline(of: id, in: reader))
            return CaseView(
                item: item, definition: definition, path: try engine.path(of: id, in: reader), events: events,
                holders: try engine.holders(of: id, in: reader), own: try engine.ownSteps(of: item, by: principal, in: reader), uses: try engine.uses(of: id, in: reader),
                doneBefore: try engine.doneBefore(item, in: reader), people: try people(definition, item, events, reader))
        }
    }

    /// `GET /work/{id}`.
    @Sendable
    func casePage(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let view = try await view(id, by: principal)
        try await database.write { [engine] tx in try engine.markRead(id, by: principal, in: tx) }
        let origin = (context.site.settings.isSecure ? "https://" : "http://") + (request.head.authority ?? "")
        let main: Markup = "\(openCards(view, principal, context))\(formCard(view))\(graphCard(view))\(pathCard(view, context))"
        let aside: Markup = "\(summary(view, context))\(linkCard(view, origin: origin))\(timelineCard(view))"
        return Shell.page(
            view.item.title, crumbs: [Crumb(context.text("我的事项", "My work"), "/work"), Crumb(view.item.number)], active: "/work", actions: caseButtons(view, principal, context),
            body: "\(Self.styles(context))\(Grid(.mainAside, ["<div class=\"stack\">\(main)</div>", "<div class=\"stack\">\(aside)</div>"]))", context: context)
    }

    private func caseButtons(_ view: CaseView, _ principal: Principal, _ context: WebContext) -> Markup {
        let item = view.item
        var parts: [Markup] = []
        let supervises = principal.may(WorkflowPermission.supervise), isStarter = item.starter == principal.id
        if item.state == .running {
            if supervises || isStarter { parts.append("\(ActionButton("督办", .dialog("/work/\(item.id)/do/urge"), icon: "bell", style: .quiet))") }
            if isStarter, view.definition.mayWithdraw { parts.append("\(ActionButton("撤回", .dialog("/work/\(item.id)/do/withdraw"), icon: "history", style: .danger))") }
            if supervises, !isStarter { parts.append("\(ActionButton("终止", .dialog("/work/\(item.id)/do/withdraw"), icon: "ban", style: .danger))") }
        }
        parts.append("\(ActionButton("抄送", .dialog("/work/\(item.id)/do/copy"), icon: "send", style: .quiet))")
        parts.append("\(ActionButton("打印", .print, icon: "print", style: .quiet))")
        return .joined(parts)
    }

    /// The open steps, with what this reader may do on each.
    private func openCards(_ view: CaseView, _ principal: Principal, _ context: WebContext) -> [Markup] {
        let now = context.site.clock.now
        return view.path.filter { $0.state == .open }.compactMap { record -> Markup? in
            guard let step = view.definition.step(record.step) else { return nil }
            let base = "/work/\(view.item.id)"
            var buttons: [Markup] = []
            if view.own.contains(record.id) {
                for transition in step.transitions where !transition.isAutomatic {
                    let style: ActionButton.Style = transition.name == step.transitions.first?.name && step.kind == .task ? .primary : .plain
                    let used = view.uses["\(step.name)/\(transition.name)"] ?? 0
                    let left = transition.limit.map { "（剩 \(max(0, $0 - used)) 次）" } ?? ""
                    buttons.append("\(ActionButton(transition.title + left, .dialog("\(base)/steps/\(record.id)/\(transition.name)"), style: style))")
                }
                for power in step.powers where power != .sendBack || view.doneBefore.contains(where: { $0.name != step.name }) {
                    buttons.append("\(ActionButton(power.title, .dialog("\(base)/hand/\(record.id)/\(power.rawValue)"), style: .quiet))")
                }
            } else if principal.may(WorkflowPermission.supervise) {
                buttons.append("\(ActionButton("指派", .dialog("\(base)/hand/\(record.id)/assign"), icon: "user", style: .quiet))")
            }
            let late = record.isOverdue(at: now)
            let due: Markup =
                record.dueAt.map { due -> Markup in
                    let left = due.seconds(since: now)
                    return late
                        ? "\(Badge("超期 \(Self.duration(-left))", .red))"
                        : "\(Badge("剩余 \(Self.duration(left))", left < 86_400 ? .orange : .info))<span class=\"nothing\"> \(due.text.prefix(16)) 到期</span>"
                } ?? .empty
            let who = (view.holders[record.id] ?? []).joined(separator: "、")
            let items: [DescriptionList.Item] = [
                .init("办理人", who.isEmpty ? "\(step.kind == .notice ? "期满自动进入下一环节" : "—")" : "\(who)"), .init("时限", due.isEmpty ? "不限" : due), .init("开始时间", "\(record.openedAt)"),
            ]
            let body: Markup = "\(DescriptionList(items, columns: 2))\(Markup.when(!buttons.isEmpty, "<div class=\"flow-actions\">\(buttons)</div>"))"
            return "\(Card("当前环节：\(record.title)", body: "<div class=\"\(late ? "flow-open is-late" : "flow-open")\">\(body)</div>"))"
        }
    }

    private func summary(_ view: CaseView, _ context: WebContext) -> Markup {
        let item = view.item
        let outcome = item.outcome.flatMap { view.definition.step($0)?.title }
        let subject: Markup = item.subject.flatMap { subject in subjectPath(subject).map { "<a href=\"\($0)\">查看</a>" } } ?? .empty
        var items: [DescriptionList.Item] = [
            .init("编号", "<span class=\"num\">\(item.number)</span>"), .init("流程", "\(view.definition.title)<span class=\"nothing\"> 第 \(item.definitionVersion) 版</span>"),
            .init("状态", "\(Badge(item.state.title, item.state.tone)) \(outcome)"), .init("单位", "\(item.orgName)"), .init("发起人", "\(item.starterName)"),
            .init("发起时间", "\(item.startedAt)"),
        ]
        if item.dueAt != nil { items.append(.init("全程时限", "\(item.dueAt)")) }
        if item.endedAt != nil { items.append(.init("办结时间", "\(item.endedAt)")) }
        if !subject.isEmpty { items.append(.init("针对", subject)) }
        return "\(Card("基本信息", body: "\(DescriptionList(items, columns: 1))"))"
    }

    /// Everything that forms have filled in so far.
    private func formCard(_ view: CaseView) -> Markup {
        let shown = values(view.definition.fields, view.item.data, base: "/work/\(view.item.id)/files", people: view.people)
        return shown.isEmpty ? .empty : "\(Card("事项内容", body: "\(DescriptionList(shown, columns: 2))"))"
    }

    func values(_ fields: [Field], _ data: JSONObject, base: String, people: NamedPeople = NamedPeople()) -> [DescriptionList.Item] {
        let sheet = engine.sheet(fields)
        return fields.compactMap { field -> DescriptionList.Item? in
            guard data[field.name] != nil else { return nil }
            if people.fields.contains(field.name), let login = data[field.name]?.string { return .init(field.title, "\(people.names[login] ?? login)") }
            switch field.kind {
            case .photo:
                let photos = sheet.files(field, in: data).map { PhotoStrip.Photo(full: "\(base)/\($0.sha256)", thumbnail: "\(base)/\($0.sha256)?width=320", title: field.title) }
                return .init(field.title, "\(PhotoStrip(photos))", isWide: true)
            case .files:
                let links = sheet.files(field, in: data).map { file -> Markup in
                    "<li><a href=\"\(base)/\(file.sha256)\" hx-boost=\"false\">\(Icon("link"))\(file.name.isEmpty ? "附件" : file.name)</a> <small>\(Figure.size(file.size))</small></li>"
                }
                return .init(field.title, "<ul class=\"file-list\">\(links)</ul>", isWide: true)
            case .note: return .init(field.title, "<span class=\"keeps-lines\">\(sheet.text(field, in: data))</span>", isWide: true)
            default: return .init(field.title, "\(sheet.text(field, in: data))\(field.unit.map { " \($0)" })")
            }
        }
    }

    private func graphCard(_ view: CaseView) -> Markup {
        var graph = DefinitionGraph(definition: view.definition)
        graph.visited = Set(view.path.filter { $0.state != .open }.map(\.step))
        graph.current = Set(view.path.filter { $0.state == .open }.map(\.step))
        for record in view.path where record.state == .done {
            guard let action = record.action, let transition = view.definition.step(record.step)?.transition(action) else { continue }
            for target in transition.targets where graph.visited.contains(target) || graph.current.contains(target) { graph.taken.insert("\(record.step)>\(target)") }
        }
        return "\(Card("流程图", body: "\(graph)"))"
    }

    private func pathCard(_ view: CaseView, _ context: WebContext) -> Markup {
        let now = context.site.clock.now
        let rows = view.path.map { record -> TableRow in
            let spent = (record.doneAt ?? now).seconds(since: record.openedAt)
            let late: Markup = record.wasLate || record.isOverdue(at: now) ? " \(Badge("超期", .red))" : .empty
            let action = record.action.flatMap { view.definition.step(record.step)?.transition($0)?.title } ?? (record.state == .returned ? "退回" : "")
            return TableRow([
                "\(record.title)", "\(record.state.title)\(late)", "\(record.byName ?? "")", "\(action)", "\(record.openedAt.text.prefix(16))",
                "\(record.doneAt?.text.prefix(16) ?? "")",
                "\(Self.duration(spent))",
            ])
        }
        let columns = [
            Column("step", "环节", isWrapping: true), Column("state", "状态"), Column("by", "办理人"), Column("action", "结果"), Column("opened", "到达"), Column("done", "办毕"),
            Column("spent", "用时", align: .end),
        ]
        return "\(Card("办理经过", isFlush: true, body: "\(DataTable(id: "path", columns: columns, rows: rows, address: PageAddress("/work/\(view.item.id)"), hasTools: false))"))"
    }

    private func timelineCard(_ view: CaseView) -> Markup {
        let base = "/work/\(view.item.id)/files"
        let entries = view.events.reversed().map { event -> Timeline.Entry in
            let step = event.step.flatMap { view.definition.step($0)?.title }
            let shown = values(view.definition.fields, event.data, base: base, people: view.people)
            let form: Markup = shown.isEmpty || event.action == "start" ? .empty : "\(DescriptionList(shown, columns: 1))"
            let title = (step.map { "\($0) · " } ?? "") + event.title
            let tone: Tone = ["overdue", "escalate", "stuck"].contains(event.action) ? .red : event.action == "urge" ? .orange : event.action == "end" ? .good : .neutral
            let who = [event.byName, event.byOrgName].filter { !$0.isEmpty }.joined(separator: " · ")
            return Timeline.Entry(event.at, title, who: who, body: "\(Markup.when(!event.text.isEmpty, "<p class=\"keeps-lines\">\(event.text)</p>"))\(form)", tone: tone)
        }
        return "\(Card("时间线", body: "\(Timeline(entries))"))"
    }

    private func linkCard(_ view: CaseView, origin: String) -> Markup {
        guard view.definition.publicFields != nil else { return .empty }
        let path = "/w/\(view.item.id)-\(engine.linkCode(of: view.item.id))"
        let body: Markup = """
            <div class="concerned-code">\(SquareCode(origin + path, label: "当事人查询二维码"))<div><p class="nothing">当事人扫码查看各环节时间与意见，无需登录</p>\
            <p><a href="\(path)" target="_blank" hx-boost="false">\(Icon("link"))打开查询页</a></p></div></div>
            """
        return "\(Card("当事人查询", body: body))"
    }

    /// `GET /work/{id}/files/{sha}`: reached through the case, never by its hash alone.
    @Sendable
    func file(request: Request, context: WebContext) async throws -> Response {
        let view = try await view(context.id(), by: context.signedIn())
        return try await answer(try context.path("sha"), of: view.definition, ([view.item.data] + view.events.map(\.data)), context)
    }

    func answer(_ sha256: String, of definition: WorkflowDeclaration, _ data: [JSONObject], _ context: WebContext) async throws -> Response {
        let sheet = engine.sheet(definition.fields)
        for field in definition.fields where field.isFile {
            guard let file = data.lazy.flatMap({ sheet.files(field, in: $0) }).first(where: { $0.sha256 == sha256 }) else { continue }
            if case .photo = field.kind {
                if let width = context.here["width"].flatMap({ Int($0) }) {
                    return .bytes(try await photos.thumbnail(of: sha256, width: min(max(width, 32), 1920)), contentType: "image/jpeg", cacheSeconds: 3600)
                }
                return .bytes(try await photos.bytes(of: sha256), contentType: "image/jpeg", cacheSeconds: 3600)
            }
            guard let bytes = try await blobs.read(sha256) else { break }
            return .download(bytes, filename: file.name.isEmpty ? "附件" : file.name, contentType: file.mediaType.isEmpty ? "application/octet-stream" : file.mediaType)
        }
        throw Failure.notFound("附件")
    }
}
