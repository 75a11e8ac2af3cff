import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Media
import Storage
import Web

/// An enterprise answers its own alarms: `/alarms/answers`, `/alarms/{id}/answer`. Source: requirements D9.7.5.
extension AlarmPages {
    func addAnswers(to routes: Routes) {
        let answers = RoutePermission.named(AlarmPermission.answer)
        routes.get("/alarms/answers", permission: answers, use: answerList)
        routes.get("/alarms/{id}/answer", permission: answers, use: answerForm)
        routes.post("/alarms/{id}/answer", permission: answers, use: answer)
        routes.post("/alarms/{id}/ask-answer", permission: .named(AlarmPermission.read), use: askForAnswer)
    }

    /// `GET /alarms/answers?q=&waiting=1&after=`.
    @Sendable
    func answerList(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let here = context.here, size = 20
        let keyword = here["q"], waits = here["waiting"] == "1", after = here["after"].flatMap { Int64($0) }
        let found = try await database.read { [engine] in try engine.toAnswer(search: keyword, waitingOnly: waits, after: after, limit: size + 1, by: principal, in: $0) }
        let rows = found.prefix(size).map { alarm -> TableRow in
            let wanted: Markup =
                alarm.answerDueAt != nil
                ? "\(Badge(alarm.answerAsked > 1 ? "第 \(alarm.answerAsked) 次催办" : "待答复", alarm.answerAsked > 2 ? .red : .orange))" : "<span class=\"muted\">未要求</span>"
            return TableRow(
                id: "\(alarm.id)",
                [
                    "\(alarm.number)", "\(alarm.title)", badge(alarm, context), "\(Badge(alarm.state.text(context), alarm.state.tone))", "\(alarm.place)", "\(alarm.occurredAt)",
                    wanted,
                    "\(alarm.answerDueAt)",
                ], path: "/alarms/\(alarm.id)", actions: "\(ActionButton("答复", .dialog("/alarms/\(alarm.id)/answer"), icon: "message", style: .primary))")
        }
        let columns = [
            Column("number", "报警号"), Column("title", "内容", isWrapping: true), Column("level", "等级"), Column("state", "状态"), Column("place", "位置"), Column("at", "发生时间"),
            Column("wanted", "要求"), Column("due", "下次提醒"),
        ]
        let tabs = Tabs([Tabs.Tab("全部未结", "/alarms/answers", isActive: !waits), Tabs.Tab("待答复", "/alarms/answers?waiting=1", isActive: waits)])
        let pager = Pager(
            first: after == nil ? nil : here.restarting.text, next: found.count > size ? rows.last.map { here.with("after", $0.id).text } : nil, size: size)
        let table = DataTable(
            id: "answers", columns: columns, rows: rows, address: here, toolbar: "\(tabs)", pager: pager, empty: waits ? "没有等待答复的报警" : "本单位没有未结的报警")
        let search = SearchForm(
            action: "/alarms/answers", fields: [FormField("q", "关键字", .text, value: keyword, placeholder: "报警号、内容")], table: "answers", kept: waits ? [.init("waiting", "1")] : [])
        return Shell.page("报警答复", crumbs: [Crumb("企业自助"), Crumb("报警答复")], active: "/alarms/answers", body: "\(search)\(table)", context: context)
    }

    /// `GET /alarms/{id}/answer`.
    @Sendable
    func answerForm(request: Request, context: WebContext) async throws -> Response { try await answerForm(FormInput(), [], context) }

    private func answerForm(_ input: FormInput, _ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let alarm = try await database.read { [engine] in try engine.required(id, by: principal, in: $0) }
        let fields = [
            FormField("summary", "报警", .shown("\(alarm.number) \(alarm.title)，\(alarm.occurredAt)，\(alarm.place)"), isWide: true),
            FormField("cause", "原因", .textArea(rows: 3), value: input["cause"], isRequired: true, maxLength: 1000, isWide: true),
            FormField("measure", "落实措施", .textArea(rows: 3), value: input["measure"], isRequired: true, maxLength: 1000, isWide: true),
            FormField("contact", "联系人", .text, value: input["contact"] ?? principal.name, isRequired: true, help: "姓名、职务、电话", maxLength: 60),
            FormField("recovered", "恢复情况", .check("数据或现场已恢复正常"), value: input["recovered"], help: "未恢复的，每 10 分钟会再次提醒"),
            FormField("photo", "现场照片", .photo(isMultiple: true), help: "加入报警证据，不可删除", isWide: true),
        ]
        let form = Form(action: "/alarms/\(id)/answer", sections: [FormSection(nil, fields)], submit: "提交答复", cancel: "/alarms/answers", findings: findings, context: context)
        return Shell.page(
            "答复报警", crumbs: [Crumb("报警答复", "/alarms/answers"), Crumb(alarm.number, "/alarms/\(id)"), Crumb("答复")], active: "/alarms/answers",
            status: findings.isEmpty ? .ok : .unprocessableContent, body: Shell.framed(form, context), context: context)
    }

    /// `POST /alarms/{id}/answer`.
    @Sendable
    func answer(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let input = try await request.form(context)
        _ = try await database.read { [engine] in try engine.required(id, by: principal, in: $0) }
        let said = EnterpriseAnswer(
            contact: input["contact"] ?? "", cause: input["cause"] ?? "", measure: input["measure"] ?? "", isRecovered: input["recovered"] == "1")
        do {
            let pictures = try await pictures(input, by: principal, context)
            try await database.write { [engine] in try engine.answer(id, said, photos: pictures, by: principal, in: $0) }
            return Shell.done("答复已提交", to: Self.back(request, or: "/alarms/answers"), context: context)
        } catch let failure as Failure where failure.kind == .invalid { return try await answerForm(input, failure.fields, context) }
    }

    /// Stores the pictures of a form's field `photo`, nine at most.
    ///
    /// - Throws: `.invalid` naming the file that is no picture.
    func pictures(_ input: FormInput, by principal: Principal, _ context: WebContext) async throws -> [String] {
        let uploads = input.files("photo").filter { !$0.bytes.isEmpty }
        guard uploads.count <= 9 else { throw Failure.invalid([FieldFinding("photo", "range", "一次最多 9 张", title: "照片")]) }
        var digests: [String] = []
        for upload in uploads {
            do {
                digests.append(try await photos.receive(upload.bytes, expectedSHA256: nil, organisation: principal.organisation, clock: context.site.clock).sha256)
            } catch let failure as Failure where failure.kind == .invalid {
                throw Failure.invalid([FieldFinding("photo", "format", "“\(upload.filename)”\(failure.message)", title: "照片")])
            }
        }
        return digests
    }

    /// `POST /alarms/{id}/ask-answer`.
    @Sendable
    func askForAnswer(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        try await database.write { [engine] in try engine.askForAnswer(id, by: principal, in: $0) }
        return Shell.refreshed("已要求企业答复", context: context, request: request)
    }

    /// What the enterprise said, beside what it was asked.
    func answerCard(_ detail: Detail) -> Markup {
        let alarm = detail.alarm
        guard !detail.answers.isEmpty || alarm.answerAsked > 0 || alarm.answerDueAt != nil else { return .empty }
        let state: Markup =
            alarm.answerDueAt.map { due -> Markup in
                "\(Notice(detail.answers.isEmpty ? .yellow : .info, "已要求企业答复 \(alarm.answerAsked) 次，\(detail.answers.isEmpty ? "尚未答复" : "已答复 \(detail.answers.count) 次，尚未恢复")；下次提醒 \(due)"))"
            } ?? .empty
        let rows = detail.answers.map { answer -> TableRow in
            TableRow([
                "\(answer.at)", "\(Badge(answer.isRecovered ? "已恢复" : "未恢复", answer.isRecovered ? .good : .orange))", "\(answer.cause)", "\(answer.measure)", "\(answer.contact)",
                "\(answer.photos)", "\(answer.byName)",
            ])
        }
        let columns = [
            Column("at", "时间"), Column("over", "恢复"), Column("cause", "原因", isWrapping: true), Column("measure", "措施", isWrapping: true),
            Column("contact", "联系人", isWrapping: true),
            Column("photos", "照片", align: .end), Column("by", "答复人"),
        ]
        let table = DataTable(id: "answers", columns: columns, rows: rows, address: PageAddress("/alarms/\(alarm.id)"), empty: "企业尚未答复", hasTools: false)
        return "\(Card("企业答复", isFlush: true, body: "\(state)\(table)"))"
    }
}
