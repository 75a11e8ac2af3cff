import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web
import Workflows

/// B2.1.3 道路执法新增, B2.1.11.1 移动执法录入: a case about a subject, as the paper form asks it; then its papers.
struct CaseEntryPages: Sendable {
    let platform: Platform

    func add(to routes: Routes) {
        let acts = RoutePermission.named(EnforcementPermission.field)
        routes.get("/enforcement/subjects/{id}/case", permission: acts) { _, context in try await form(context, [:], [], nil, .ok) }
        routes.post("/enforcement/subjects/{id}/case", permission: acts, use: enter)
        routes.get("/enforcement/cases/{id}/papers", permission: .signedIn, use: papers)
    }

    private func subject(_ context: WebContext) async throws -> Record {
        let (id, principal) = (try context.id(), try context.signedIn())
        guard let record = try await platform.ledgers.find(EnforcementSubject.ledger.name, id: id, by: principal), record.deletedAt == nil else { throw Failure.notFound("该主体") }
        return record
    }

    private var controls: FormSheetControls {
        get throws {
            let fields = try platform.workflows.definition(EnforcementCase.workflow.name).form.filter { $0.name != "subjectName" }
            return FormSheetControls(platform.workflows.sheet(fields), photos: platform.photos, blobs: platform.blobs, keys: platform.keys, clock: platform.clock)
        }
    }

    private func form(_ context: WebContext, _ written: [String: [String]], _ findings: [FieldFinding], _ notice: String?, _ status: HTTPResponse.Status) async throws -> Response {
        let record = try await subject(context)
        let name = record.values["name"]?.text ?? ""
        var known = written
        if known.isEmpty {
            known["plateNo"] = record.values["plateNo"]?.text.map { [String($0.prefix(12))] }
            known["foundAt"] = [String(platform.clock.now.text.prefix(16))]
            known["place"] = record.values["address"]?.text.map { [$0] }
        }
        let state = record.values["state"]?.text ?? "normal"
        let facts: [DescriptionList.Item] = [
            .init("当事人", "\(name)"), .init("类别", "\(platform.dictionaries.title(of: record.values["kind"]?.text ?? "", in: .transportSubjectKind))"),
            .init("车牌号码", "\(record.values["plateNo"]?.text)"),
            .init("状态", "\(Badge(platform.dictionaries.title(of: state, in: .transportSubjectState), SubjectPages.tone(state), isDot: true))"),
        ]
        let form = Form(
            action: "/enforcement/subjects/\(record.id)/case", sections: [FormSection("案件内容", try controls.controls(known))], submit: "提交案件", cancel: "/enforcement/subjects",
            findings: findings, extra: "<input type=\"hidden\" name=\"key\" value=\"\(context.requestId)\">", context: context)
        let said: Markup = notice.map { "\(Notice(.orange, "\($0)"))" } ?? .empty
        return Shell.page(
            "录入案件", crumbs: [Crumb(EnforcementArea.cases), Crumb("查找主体并执法", "/enforcement/subjects"), Crumb("录入案件")], active: "/enforcement/subjects", status: status,
            body: "\(said)\(Card("被执法主体", body: "\(DescriptionList(facts, columns: 2))"))\(Shell.framed(form, context))", context: context)
    }

    @Sendable func enter(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let record = try await subject(context)
        let input = try await request.form(context)
        var texts: [String: [String]] = [:]
        do {
            let written = try await controls.read(input, by: principal)
            texts = written.texts
            var values = written.values
            values["subjectName"] = .string(record.values["name"]?.text ?? "")
            let draft = CaseDraft(EnforcementCase.workflow.name, values: values, org: record.org, key: input["key"])
            let item = try await platform.database.write { [platform] tx in try platform.workflows.start(draft, by: principal, isAdmitted: true, in: tx) }
            return Shell.done("已提交，案件编号 \(item.number)", to: "/work/\(item.id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid || failure.kind == .conflict {
            return try await form(context, texts, failure.fields, failure.fields.isEmpty ? failure.message : nil, .unprocessableContent)
        }
    }

    // MARK: Papers

    /// `GET /enforcement/cases/{id}/papers`: the papers of a case, filled, to print or to keep as PDF.
    @Sendable func papers(request: Request, context: WebContext) async throws -> Response {
        let (id, principal) = (try context.id(), try context.signedIn())
        let (item, forms) = try await platform.database.read { [platform] reader -> (WorkflowCase, [(id: Int64, title: String, note: String)]) in
            let item = try platform.workflows.visible(id, by: principal, in: reader)
            let rows = try reader.rows("SELECT id, title, note FROM report_items WHERE name IN (\(list: CasePaper.names)) ORDER BY id")
            return (item, rows.map { ($0.int("id") ?? 0, $0.text("title") ?? "", $0.text("note") ?? "") })
        }
        let rows = forms.map { form in
            let path = PageAddress("/reports/forms/\(form.id)", [.init("number", item.number)]).text
            return TableRow(id: String(form.id), ["\(form.title)", "\(form.note)"], path: path)
        }
        let table = DataTable(
            id: "papers", columns: [Column("title", "文书"), Column("note", "用途", isWrapping: true)], rows: rows, address: context.here, empty: "没有文书模板：请管理员在“打印文书”中恢复",
            hasTools: false)
        return Shell.page(
            "\(item.number) 文书", crumbs: [Crumb(EnforcementArea.cases), Crumb(item.number, "/work/\(id)"), Crumb("文书")], active: "/ledgers/enforcementCase",
            actions: "\(ActionButton("案件", .link("/work/\(id)"), icon: "flow"))", body: "\(Card(isFlush: true, body: "\(table)"))", context: context)
    }
}
