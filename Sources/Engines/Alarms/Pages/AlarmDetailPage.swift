import Hummingbird
import Identity
import Kernel
import Storage
import Web

extension AlarmPages {
    /// Everything a detail page shows, read in one snapshot.
    struct Detail: Sendable {
        var alarm: Alarm
        var events: [AlarmEvent]
        var items: [EvidenceItem]
        var awaited: [(sha256: String, title: String, since: Moment)]
        var faults: [String]
        var followUps: [FollowUp]
        var pushes: [AlarmPush]
        var answers: [EnterpriseAnswer]
    }

    func read(_ id: Int64, by principal: Principal) async throws -> Detail {
        try await database.read { [engine] reader in
            let alarm = try engine.required(id, by: principal, in: reader)
            let items = try engine.evidence(of: id, by: principal, in: reader)
            return Detail(
                alarm: alarm, events: try engine.timeline(of: id, by: principal, in: reader), items: items, awaited: try engine.awaitedPhotos(of: id, in: reader),
                faults: EvidenceChain.faults(number: alarm.number, head: alarm.chainHead, items: items), followUps: try engine.followUps(of: id, in: reader),
                pushes: try engine.pushes(of: id, in: reader), answers: try engine.answers(of: id, in: reader))
        }
    }

    /// `GET /alarms/{id}`.
    @Sendable
    func detail(request: Request, context: WebContext) async throws -> Response {
        let detail = try await read(context.id(), by: context.signedIn())
        let alarm = detail.alarm
        let main: Markup =
            "\(verdict(detail, context))\(curveCard(alarm))\(answerCard(detail))\(followUpCard(detail, context))\(photoCard(detail))\(factCard(detail))\(videoCard(detail))\(nearCard(alarm))\(occurrenceCard(detail))\(evidenceCard(detail))"
        let aside: Markup = "\(summary(detail, context))\(pushCard(detail))\(timeline(detail))"
        return Shell.page(
            alarm.title, crumbs: [Crumb(context.text("报警处理", "Alarm desk"), "/alarms"), Crumb(alarm.number)], active: "/alarms", actions: buttons(detail, context),
            body: "\(Grid(.mainAside, ["<div class=\"stack\">\(main)</div>", "<div class=\"stack\">\(aside)</div>"]))", context: context)
    }

    /// `GET /alarms/{id}/print`: one column, everything, no buttons.
    @Sendable
    func printed(request: Request, context: WebContext) async throws -> Response {
        let detail = try await read(context.id(), by: context.signedIn())
        let body: Markup =
            "\(summary(detail, context, columns: 2))\(verdict(detail, context))\(answerCard(detail))\(followUpCard(detail, context))\(factCard(detail))\(photoCard(detail))\(videoCard(detail))\(evidenceCard(detail))\(timeline(detail))<p class=\"nothing\">打印时间 \(context.site.clock.now)，打印人 \(context.principal?.name)</p>"
        return Shell.page(
            "报警处理单 \(detail.alarm.number)", crumbs: [Crumb("报警处理", "/alarms"), Crumb(detail.alarm.number, "/alarms/\(detail.alarm.id)"), Crumb("打印")], active: "/alarms",
            actions: "\(ActionButton("打印", .print, icon: "print", style: .primary))", body: "<article class=\"stack\">\(body)</article>", context: context)
    }

    private func buttons(_ detail: Detail, _ context: WebContext) -> Markup {
        guard let principal = context.principal else { return .empty }
        let alarm = detail.alarm
        let actions = engine.actions(on: alarm, by: principal)
        var parts = actions.map { action -> Markup in
            let path = "/alarms/\(alarm.id)/act/\(action.rawValue)"
            let style: ActionButton.Style = action == .revoke ? .danger : action == actions.first ? .primary : .plain
            if action.requiresOpinion { return "\(ActionButton(context.text(action.title, action.titleEN), .dialog(path), style: style))" }
            return "\(ActionButton(context.text(action.title, action.titleEN), .post(path, confirm: nil), icon: "check", style: style))"
        }
        parts.append(judgeButtons(alarm, principal, context))
        if principal.may(engine.kind(alarm.kind)?.handlePermission ?? AlarmPermission.handle) {
            if alarm.state != .closed, alarm.state != .revoked {
                parts.append("\(ActionButton(context.text("跟踪记录", "Follow up"), .dialog("/alarms/\(alarm.id)/follow"), icon: "phone"))")
            }
            if alarm.org != nil, alarm.isAnswerable, alarm.answerDueAt == nil {
                parts.append("\(ActionButton(context.text("要求企业答复", "Ask the enterprise"), .post("/alarms/\(alarm.id)/ask-answer", confirm: nil), icon: "send"))")
            }
            parts.append("\(ActionButton(context.text("备注", "Remark"), .dialog("/alarms/\(alarm.id)/comment"), icon: "message", style: .quiet))")
            parts.append("\(ActionButton(context.text("补充证据", "Add evidence"), .dialog("/alarms/\(alarm.id)/evidence"), icon: "upload", style: .quiet))")
        }
        if principal.may(AlarmPermission.answer), alarm.org != nil, alarm.state != .closed, alarm.state != .revoked {
            parts.append("\(ActionButton(context.text("企业答复", "Answer"), .dialog("/alarms/\(alarm.id)/answer"), icon: "message", style: .primary))")
        }
        parts += settings.actions(alarm, principal).map(\.markup)
        if principal.may(AlarmPermission.export) {
            parts.append("\(ActionButton(context.text("导出证据包", "Evidence package"), .download("/alarms/\(alarm.id)/package"), icon: "archive"))")
        }
        parts.append("\(ActionButton(context.text("研判信息", "Background"), .link("/alarms/\(alarm.id)/background"), icon: "search", style: .quiet))")
        if let face = engine.faces.pictures, principal.may(face.permission) {
            parts.append("\(ActionButton(context.text("现场视频", "Live video"), .link(face.path(alarm.id)), icon: "video", style: .quiet))")
        }
        parts.append("\(ActionButton(context.text("复盘", "Review"), .link("/alarms/\(alarm.id)/review"), icon: "history", style: .quiet))")
        parts.append("\(ActionButton(context.text("打印", "Print"), .link("/alarms/\(alarm.id)/print"), icon: "print", style: .quiet))")
        return .joined(parts)
    }

    private func summary(_ detail: Detail, _ context: WebContext, columns: Int = 1) -> Markup {
        let alarm = detail.alarm
        let late: Markup = alarm.isOverdue(at: context.site.clock.now) ? " \(Badge("超时未受理", .red))" : .empty
        var items: [DescriptionList.Item] = [
            .init("报警号", "<span class=\"num\">\(alarm.number)</span>"), .init("状态", "\(Badge(alarm.state.text(context), alarm.state.tone))\(late)"),
            .init("类型", "\(engine.title(ofKind: alarm.kind))"), .init("等级", badge(alarm, context)), .init("分级", levels(alarm)),
            .init("企业", "\(alarm.orgName)"), .init("县（区、市）", "\(areaTitle(alarm.area))"), .init("位置", "\(alarm.place)"), .init("车辆或对象", "\(alarm.plate ?? alarm.subject)"),
            .init("首次发生", "\(alarm.occurredAt)"), .init("最近发生", "\(alarm.lastAt)"), .init("次数", "\(alarm.times)"), .init("产生时间", "\(alarm.raisedAt)"),
            .init("受理时限", "\(alarm.dueAt)"), .init("受理时间", "\(alarm.respondedAt)"), .init("处理人", "\(alarm.handlerName)"), .init("处理意见", "\(alarm.opinion)", isWide: true),
        ]
        if let falseClass = alarm.falseClass { items.append(.init("误报类别", "\(falseClass.title)")) }
        if let again = alarm.recheckAt { items.append(.init("下次复核", "\(again)")) }
        if let recovered = alarm.recoveredAt { items.append(.init("恢复时间", "\(recovered)")) }
        if let source = alarm.source, let path = settings.sourcePath(source) { items.append(.init("原始记录", "<a href=\"\(path)\">查看</a>")) }
        return "\(Card("基本信息", body: "\(DescriptionList(items, columns: columns))"))"
    }

    /// Why this is an alarm, and under which rule, list and strategy.
    private func verdict(_ detail: Detail, _ context: WebContext) -> Markup {
        let alarm = detail.alarm
        let reasons = alarm.reasons.map { reason -> Markup in "<li title=\"\(reason.code)\"><strong>\(reason.message)</strong></li>" }
        let version = { (number: Int64?) -> Markup in number.map { "第 \($0) 版" } ?? "未涉及" }
        let basis = DescriptionList(
            [.init("判定规则", version(alarm.versions.rule)), .init("超标名单", version(alarm.versions.list)), .init("管控策略", version(alarm.versions.strategy))], columns: 3)
        return "\(Card("为什么报警", body: "<ol class=\"reasons\">\(reasons)</ol>\(basis)"))"
    }

    private func photoCard(_ detail: Detail) -> Markup {
        let photos = detail.items.filter { $0.kind == .photo }.map { item in
            let path = "/alarms/\(detail.alarm.id)/photos/\(item.sha256)"
            let note = "第 \(item.occurrence) 次 · SHA-256 \(item.sha256.prefix(16))…" + (item.isLate ? " · 后到，\(item.addedAt.text)" : "")
            return PhotoStrip.Photo(full: path, thumbnail: path + "?w=320", title: item.title, note: note)
        }
        let waiting = detail.awaited.map { photo -> Markup in "\(Notice(.yellow, "照片“\(photo.title)”尚未到达，自 \(photo.since) 起等待"))" }
        guard !photos.isEmpty || !waiting.isEmpty else { return .empty }
        return "\(Card("照片", body: "\(waiting)\(Markup.when(!photos.isEmpty, "\(PhotoStrip(photos, isLarge: true))"))"))"
    }

    private func factCard(_ detail: Detail) -> Markup {
        guard let body = detail.items.first(where: { $0.kind == .fact })?.body, let facts = try? JSONValue(parsing: body) else { return .empty }
        return "\(Card("报警信息", body: "\(DescriptionList(factItems(facts), columns: 2))"))"
    }

    /// Facts that the desk itself writes down.
    private static let ownTitles = ["registeredBy": "登记人", "from": "信息来源", "note": "情况说明"]

    private func factItems(_ facts: JSONValue) -> [DescriptionList.Item] {
        let order = Dictionary(settings.factTitles.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        let members = (facts.object?.members ?? []).filter { !$0.value.isNull && $0.value != "" }
        return members.sorted { (order[$0.name] ?? order.count, $0.name) < (order[$1.name] ?? order.count, $1.name) }.map { member in
            let shown = Self.text(of: member.value)
            let title = order[member.name].map { settings.factTitles[$0].title } ?? Self.ownTitles[member.name] ?? member.name
            return DescriptionList.Item(title, "\(settings.factText(member.name, shown) ?? shown)", isWide: shown.count > 60)
        }
    }

    private static func text(of value: JSONValue) -> String {
        switch value {
        case .bool(let isTrue): isTrue ? "是" : "否"
        case .string(let text): text.count >= 19 ? Moment(parsing: text)?.text ?? text : text
        case .array(let elements): elements.map(text).joined(separator: "、")
        default: value.text
        }
    }

    private func videoCard(_ detail: Detail) -> Markup {
        let lines = detail.items.filter { $0.kind == .video }.compactMap { item -> Markup? in
            guard let body = item.body, let reference = try? JSONValue(parsing: body), let camera = reference["camera"]?.string,
                let from = reference["from"]?.string.flatMap({ Moment(parsing: $0) }), let to = reference["to"]?.string.flatMap({ Moment(parsing: $0) })
            else { return nil }
            let play: Markup = settings.videoPath(camera, from, to).map { "\(ActionButton("回放", .link($0), icon: "play", style: .plain))" } ?? .empty
            return "<li>\(Icon("video")) \(item.title)：摄像机 \(camera)，\(from) 至 \(to) \(play)</li>"
        }
        let players = detail.items.filter { $0.kind == .video && $0.body == nil }.map { item -> Markup in
            let note = "第 \(item.occurrence) 次 · SHA-256 \(item.sha256.prefix(16))…" + (item.isLate ? " · 后到，\(item.addedAt.text)" : "")
            return "\(VideoPlayer("/alarms/\(detail.alarm.id)/clips/\(item.sha256)", title: item.title, note: note))"
        }
        guard !players.isEmpty || !lines.isEmpty else { return .empty }
        return "\(Card("视频", body: "\(Markup.joined(players))\(Markup.when(!lines.isEmpty, "<ul>\(lines)</ul>"))"))"
    }

    /// What was counted on this alarm beyond its first occurrence.
    private func occurrenceCard(_ detail: Detail) -> Markup {
        guard detail.alarm.times > 1 else { return .empty }
        let kept = Dictionary(grouping: detail.items.filter { $0.occurrence > 1 }, by: \.occurrence)
        let rows = kept.keys.sorted().map { occurrence -> TableRow in
            let items = kept[occurrence] ?? []
            let photos = items.filter { $0.kind == .photo }.count
            return TableRow(["第 \(occurrence) 次", "\(items.first?.addedAt)", "\(items.map(\.title).joined(separator: "、"))", "\(photos)"])
        }
        let columns = [Column("n", "次序"), Column("at", "记入时间"), Column("what", "证据", isWrapping: true), Column("photos", "照片", align: .end)]
        let note: Markup = rows.count < detail.alarm.times - 1 ? "\(Notice(.info, "共 \(detail.alarm.times) 次，未附信息或超过保存上限的只计次数"))" : .empty
        return
            "\(Card("重复发生 \(detail.alarm.times - 1) 次", isFlush: true, body: "\(note)\(DataTable(id: "occurrences", columns: columns, rows: rows, address: PageAddress("/alarms/\(detail.alarm.id)"), empty: "只计次数", hasTools: false))"))"
    }

    private func evidenceCard(_ detail: Detail) -> Markup {
        let state: Markup =
            detail.faults.isEmpty
            ? "\(Notice(.good, "证据链完整：\(detail.items.count) 项，末端 <code title=\"\(detail.alarm.chainHead)\">\(detail.alarm.chainHead.prefix(16))…</code>"))"
            : "\(Notice(.red, "证据链异常<ul>\(detail.faults.map { fault -> Markup in "<li>\(fault)</li>" })</ul>"))"
        let rows = detail.items.map { item -> TableRow in
            let marks: Markup = "\(Markup.when(item.isLate, "\(Badge("后到", .yellow))")) \(Markup.when(item.isLocked, "\(Icon("lock", title: "已锁定，不随保存期清除"))"))"
            return TableRow([
                "\(item.seq)", "\(item.kind.title)", "\(item.title) \(marks)", "<code title=\"\(item.sha256)\">\(item.sha256.prefix(16))…</code>",
                "<code title=\"\(item.chainedHash)\">\(item.chainedHash.prefix(16))…</code>", "\(item.addedAt)", "\(item.addedBy)",
            ])
        }
        let columns = [
            Column("seq", "序号", align: .end), Column("kind", "类别"), Column("title", "名称", isWrapping: true), Column("sha256", "SHA-256"), Column("chain", "链式摘要（SM3）"),
            Column("at", "加入时间"), Column("by", "来源"),
        ]
        let table = DataTable(id: "evidence", columns: columns, rows: rows, address: PageAddress("/alarms/\(detail.alarm.id)"), empty: "没有证据", hasTools: false)
        return "\(Card("证据链", isFlush: true, body: "\(state)\(table)"))"
    }

    private func timeline(_ detail: Detail) -> Markup {
        let entries = detail.events.reversed().map { event -> Timeline.Entry in
            let moved: Markup = event.from != nil && event.from != event.to ? "<p>\(event.from?.title) → \(event.to?.title)</p>" : .empty
            return Timeline.Entry(
                event.at, event.title, who: event.byName, body: "\(moved)\(Markup.when(!event.text.isEmpty, "<p>\(event.text)</p>"))", tone: event.to?.tone ?? .neutral)
        }
        return "\(Card("处理过程", body: "\(Timeline(entries))"))"
    }
}
