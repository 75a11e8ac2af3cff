import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Maps
import Media
import Storage
import Web

/// B1.1.0, B1.1.4, B1.3.9, B1.3.10 at the desk: an inspection with its pictures, the measure that follows, campaigns, random draws.
struct InspectionPages: Sendable {
    let platform: Platform
    private var campaigns: InspectionCampaigns { InspectionCampaigns(platform: platform) }

    func add(to routes: Routes) {
        let reads = RoutePermission.named(InspectionRecord.ledger.readPermission)
        let decides = RoutePermission.named(EnforcementPermission.decide)
        let manages = RoutePermission.named(EnforcementPermission.manage)
        routes.get("/inspection/records/{id}", permission: reads, use: record)
        routes.get("/inspection/records/{id}/photos/{sha}", permission: reads, use: photo)
        routes.get("/inspection/records/{id}/decide", permission: decides) { _, context in try await decideForm(context, [:], []) }
        routes.post("/inspection/records/{id}/decide", permission: decides, use: decide)
        routes.get("/inspection/campaigns/{id}/issue", permission: manages, use: issueForm)
        routes.post("/inspection/campaigns/{id}/issue", permission: manages, use: issue)
        routes.get("/inspection/draws", permission: manages, use: draws)
        routes.get("/inspection/draws/new", permission: manages) { _, context in drawForm(context, [:], []) }
        routes.post("/inspection/draws/new", permission: manages, use: draw)
        routes.get("/inspection/draws/{id}", permission: manages, use: drawn)
    }

    // MARK: A record

    private func found(_ context: WebContext) async throws -> Row {
        let (id, scope) = (try context.id(), try context.signedIn().scope)
        let row = try await platform.database.read { reader in
            try reader.first(
                "SELECT r.*, s.name AS subject_name FROM inspection_records r JOIN transport_subject s ON s.id = r.subject WHERE r.id = \(id) AND \(scope.condition(org: "r.org", area: "r.area"))"
            )
        }
        guard let row else { throw Failure.notFound("该检查记录") }
        return row
    }

    @Sendable func record(request: Request, context: WebContext) async throws -> Response {
        let row = try await found(context)
        let id = row.int("id") ?? 0
        let lines = try await platform.database.read { reader in
            try reader.rows(
                "SELECT l.*, i.name AS item_name, i.responsibility FROM inspection_lines l JOIN inspection_item i ON i.id = l.item WHERE l.record = \(id) ORDER BY CASE l.result WHEN 'fail' THEN 0 WHEN 'pass' THEN 1 ELSE 2 END, i.code"
            )
        }
        let dictionaries = platform.dictionaries
        func title(_ name: String, _ dictionary: DictionaryName) -> String { row.text(name).map { dictionaries.title(of: $0, in: dictionary) } ?? "" }
        var facts: [DescriptionList.Item] = [
            .init("被检查主体", "<a href=\"/ledgers/transportSubject/\(row.int("subject") ?? 0)\">\(row.text("subject_name"))</a>"), .init("检查类型", "\(title("kind", .inspectionKind))"),
            .init("检查人员", "\(row.text("officer_name"))"), .init("检查时间", "\(row.moment("inspected_at"))"),
            .init("措施阶段", "\(title("stage", .inspectionStage))"),
            .init("最终状态", "\(Badge(title("final_state", .inspectionFinal), row.text("final_state") == "decide" ? .red : .info))"),
        ]
        if row.text("measure") != nil {
            facts += [
                .init("处罚措施", "\(title("measure", .caseMeasure))"), .init("处罚金额", "\(row.double("amount").map { "\(Figure.decimal($0, digits: 2)) 元" })"),
                .init("审批人", "\(row.text("approver"))"),
                .init("审批时间", "\(row.moment("approved_at"))"), .init("说明", "\(row.text("measure_note"))", isWide: true),
            ]
        }
        if let note = row.text("note"), !note.isEmpty { facts.append(.init("情况说明", "\(note)", isWide: true)) }
        let rows = lines.map { line -> TableRow in
            let result = line.text("result").flatMap(InspectionResult.init) ?? .ignore
            let tone: Tone = result == .pass ? .good : result == .fail ? .red : .muted
            let picture: Markup =
                line.text("photo").map { sha in
                    let path = "/inspection/records/\(id)/photos/\(sha)"
                    return "\(PhotoStrip([PhotoStrip.Photo(full: path, thumbnail: path + "?width=160", title: line.text("item_name") ?? "")]))"
                } ?? .empty
            let failures = line.int("failures") ?? 0
            return TableRow(
                id: String(line.int("item") ?? 0),
                [
                    "\(line.text("item_name"))", "\(dictionaries.title(of: line.text("responsibility") ?? "", in: .mainResponsibility))",
                    "\(Badge(result.title, tone))\(failures > 1 ? " 连续 \(failures) 次" : "")",
                    "\(line.text("note"))", picture,
                ])
        }
        let columns = [
            Column("item", "检查项", isWrapping: true), Column("responsibility", "主体责任", isWrapping: true), Column("result", "结果"), Column("note", "情况", isWrapping: true),
            Column("photo", "照片"),
        ]
        let decides: Markup =
            context.may(EnforcementPermission.decide) && row.text("final_state") == "decide"
            ? "\(ActionButton("处置", .dialog("/inspection/records/\(id)/decide"), icon: "scale", style: .primary))" : .empty
        let point = row.double("longitude").flatMap { longitude in row.double("latitude").map { Coordinate(longitude, $0) } }
        let map: Markup =
            point.map { place in
                let layer = MapLayer("检查位置", [MapFeature("here", .point(place), title: row.text("subject_name") ?? "", tone: .info)])
                return "\(Card("检查位置", isFlush: true, body: "\(MapView(id: "record-place", "检查位置", layers: [layer], height: .small, context: context))"))"
            } ?? .empty
        return Shell.page(
            "检查记录 \(id)", crumbs: [Crumb(EnforcementArea.inspection), Crumb("检查记录与档案", "/ledgers/inspectionRecord"), Crumb("记录 \(id)")], active: "/ledgers/inspectionRecord",
            actions: "\(decides)\(ActionButton("打印", .print, icon: "print", style: .quiet))",
            body:
                "\(Card(body: "\(DescriptionList(facts, columns: 2))"))\(Card("检查结果", isFlush: true, body: "\(DataTable(id: "lines", columns: columns, rows: rows, address: context.here, hasTools: false))"))\(map)",
            context: context)
    }

    @Sendable func photo(request: Request, context: WebContext) async throws -> Response {
        let row = try await found(context)
        let sha = try context.path("sha")
        let isOwn = try await platform.database.read { reader in try reader.first("SELECT 1 FROM inspection_lines WHERE record = \(row.int("id")) AND photo = \(sha)") != nil }
        guard isOwn else { throw Failure.notFound("照片") }
        if let width = context.here["width"].flatMap({ Int($0) }) {
            return .bytes(try await platform.photos.thumbnail(of: sha, width: min(max(width, 32), 1920)), contentType: "image/jpeg", cacheSeconds: 3600)
        }
        return .bytes(try await platform.photos.bytes(of: sha), contentType: "image/jpeg", cacheSeconds: 3600)
    }

    // MARK: The measure

    private func ranges(_ row: Row) async throws -> [(name: String, range: FineRange)] {
        let id = row.int("id") ?? 0
        return try await platform.database.read { reader in
            try reader.rows(
                "SELECT i.name, i.fine_min, i.fine_max FROM inspection_lines l JOIN inspection_item i ON i.id = l.item WHERE l.record = \(id) AND l.result = 'fail' ORDER BY i.code"
            ).map { ($0.text("name") ?? "", FineRange(minimum: $0.double("fine_min"), maximum: $0.double("fine_max"))) }
        }
    }

    /// Of all failed items together.
    static func sum(_ ranges: [FineRange]) -> FineRange {
        let set = ranges.filter { !$0.isOpen }
        guard !set.isEmpty else { return FineRange() }
        return FineRange(minimum: set.compactMap(\.minimum).min(), maximum: set.compactMap(\.maximum).isEmpty ? nil : set.compactMap(\.maximum).reduce(0, +))
    }

    private func decideForm(_ context: WebContext, _ values: [String: String], _ findings: [FieldFinding]) async throws -> Response {
        let row = try await found(context)
        let id = row.int("id") ?? 0
        guard row.text("final_state") == "decide" else { throw Failure(.conflict, "JW-EN12", "该检查不需要处置，或已处置") }
        let ranges = try await ranges(row)
        let stage = row.text("stage").flatMap(InspectionRules.Stage.init) ?? .none
        let fitting = Set(InspectionRules.measureKinds(stage))
        let measures = try await platform.database.read { reader in
            try reader.rows("SELECT code, name, kind FROM enforcement_measure WHERE deleted_at IS NULL AND is_open = 1 ORDER BY rank, code")
        }
        let choices = measures.map { measure in
            Choice(measure.text("code") ?? "", measure.text("name") ?? "", group: fitting.contains(measure.text("kind") ?? "") ? "本阶段措施" : "其他措施")
        }.sorted { ($0.group == "本阶段措施" ? 0 : 1) < ($1.group == "本阶段措施" ? 0 : 1) }
        let text = ranges.map { "\($0.name)：\($0.range.text)" }.joined(separator: "；")
        let needsReason = findings.contains { $0.field == "fineReason" || $0.code == "warning" } || values["fineConfirmed"] != nil
        var fields = [
            FormField("stage", "措施阶段", .shown("\(platform.dictionaries.title(of: stage.rawValue, in: .inspectionStage))"), isWide: true),
            FormField("measure", "处罚措施", .select(choices), value: values["measure"], isRequired: true),
            FormField("fine", "处罚金额", .number(step: "0.01"), value: values["fine"], help: "幅度：\(text)", unit: "元", minimum: "0"),
            FormField("suspendDays", "停业整顿天数", .number(step: "1"), value: values["suspendDays"], unit: "天", minimum: "0", maximum: "365"),
        ]
        if needsReason {
            fields += [
                FormField("fineConfirmed", "超出幅度", .check("超出幅度仍提交"), value: values["fineConfirmed"]),
                FormField("fineReason", "超幅度理由", .text, value: values["fineReason"], maxLength: 200, isWide: true),
            ]
        }
        fields.append(FormField("note", "处置说明", .textArea(rows: 3), value: values["note"], isRequired: true, maxLength: 500, isWide: true))
        let form = Form(
            action: "/inspection/records/\(id)/decide", sections: [FormSection(nil, fields)], submit: "确定处置", cancel: "/inspection/records/\(id)", findings: findings,
            context: context)
        return Shell.form(
            "处置：\(row.text("subject_name") ?? "")", crumbs: [Crumb("检查记录与档案", "/ledgers/inspectionRecord"), Crumb("处置")], active: "/ledgers/inspectionRecord", form,
            context: context)
    }

    @Sendable func decide(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let row = try await found(context)
        let id = row.int("id") ?? 0
        let input = try await request.form(context)
        let values = ["measure", "fine", "suspendDays", "fineConfirmed", "fineReason", "note"].reduce(into: [String: String]()) { $0[$1] = input[$1] }
        let range = Self.sum(try await ranges(row).map(\.range))
        do {
            try await platform.database.write { [platform] tx in
                guard let measure = try EnforcementMeasure.terms(values["measure"] ?? "", tx) else {
                    throw Failure.invalid([FieldFinding("measure", "required", "请选择措施", title: "处罚措施")])
                }
                let choice = MeasureChoice(
                    kind: measure.kind, fine: values["fine"].flatMap { Double($0) }, days: values["suspendDays"].flatMap { Int($0) }, isConfirmed: values["fineConfirmed"] != nil,
                    reason: values["fineReason"] ?? "")
                var findings = choice.findings(range: range.isOpen ? measure.range : range, daysMax: measure.daysMax)
                if (values["note"] ?? "").isEmpty { findings.append(FieldFinding("note", "required", "不能为空", title: "处置说明")) }
                guard findings.isEmpty else { throw Failure.invalid(findings) }
                let changed = try tx.execute(
                    """
                    UPDATE inspection_records SET measure = \(measure.code), amount = \(choice.fine), measure_note = \(values["note"]), approver = \(principal.name),
                    approved_at = \(platform.clock.now), final_state = 'decided' WHERE id = \(id) AND final_state = 'decide'
                    """)
                guard changed == 1 else { throw Failure(.conflict, "JW-EN12", "该检查不需要处置，或已处置") }
                if ["suspend", "revoke"].contains(measure.kind), let subject = row.int("subject") {
                    _ = try platform.ledgers.update(EnforcementSubject.ledger.name, id: subject, Draft(["state": "abnormal"]), by: .system("监督检查处置"), in: tx)
                    try SubjectNotices(platform: platform).stopped(
                        subject, days: choice.days, isRevoked: measure.kind == "revoke", path: "/inspection/records/\(id)", word: "inspection \(id)", in: tx)
                }
                try platform.audit.record(AuditEntry("update", "inspection", "\(id)", "处置检查记录 \(id)：\(measure.name)"), by: principal, in: tx)
            }
            return Shell.done("已处置", to: "/inspection/records/\(id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await decideForm(context, values, failure.fields)
        }
    }

    // MARK: Campaigns

    @Sendable func issueForm(request: Request, context: WebContext) async throws -> Response {
        let id = try context.id()
        guard let record = try await platform.ledgers.find(InspectionCampaign.ledger.name, id: id, by: context.signedIn()) else { throw Failure.notFound("该专项") }
        let body: Markup = "<p>将按检查对象和检查项为管辖范围内的主体生成待查项，并派给所在网格的检查人员。已在待查的不重复。</p>"
        let form = Form(
            action: "/inspection/campaigns/\(id)/issue", sections: [FormSection(nil, [FormField("what", record.values["name"]?.text ?? "", .shown(body), isWide: true)])],
            submit: "下发",
            cancel: "/ledgers/inspectionCampaign/\(id)", context: context)
        return Shell.form("下发专项", crumbs: [Crumb("检查专项", "/ledgers/inspectionCampaign"), Crumb("下发")], active: "/ledgers/inspectionCampaign", form, context: context)
    }

    @Sendable func issue(request: Request, context: WebContext) async throws -> Response {
        let (id, principal) = (try context.id(), try context.signedIn())
        let added = try await platform.database.write { [campaigns] tx in try campaigns.issue(id, by: principal, in: tx) }
        return Shell.done("已下发，生成 \(added) 项待查", to: "/ledgers/inspectionCampaign/\(id)", context: context)
    }

    // MARK: Random draws

    @Sendable func draws(request: Request, context: WebContext) async throws -> Response {
        let scope = try context.signedIn().scope
        let window = ListWindow(context.here)
        let before = window.before ?? Int64.max
        let found = try await platform.database.read { reader in
            try reader.rows(
                """
                SELECT d.*, (SELECT COUNT(*) FROM pending_inspections p WHERE p.draw = d.id AND p.state = 'open') AS waiting FROM inspection_draws d
                WHERE d.id < \(before) AND \(scope.condition(org: "d.org", area: "d.area")) ORDER BY d.id DESC LIMIT \(window.limit)
                """)
        }
        let (shown, pager) = window.newest(found) { $0.int("id") ?? 0 }
        let rows = shown.map { row in
            TableRow(
                id: String(row.int("id") ?? 0),
                [
                    "\(row.moment("at"))", "\(row.int("subjects") ?? 0) / \(row.int("population") ?? 0)", "\(row.int("items") ?? 0)",
                    "<span class=\"mono\">\(row.int("seed") ?? 0)</span>", "\(row.int("waiting") ?? 0)",
                    "\(row.text("by_name"))",
                ], path: "/inspection/draws/\(row.int("id") ?? 0)")
        }
        let list = ListPage(
            "随机抽检", at: "/inspection/draws", crumbs: [Crumb(EnforcementArea.inspection), Crumb("随机抽检")], id: "draws",
            columns: [
                Column("at", "抽取时间"), Column("subjects", "抽取主体", align: .end), Column("items", "检查项", align: .end), Column("seed", "随机种子"), Column("waiting", "未查", align: .end),
                Column("by", "抽取人"),
            ], empty: "还没有抽检；点“新的抽检”随机抽取主体、检查项和检查人员", add: ActionButton("新的抽检", .dialog("/inspection/draws/new"), icon: "plus", style: .primary))
        return list.response(rows, pager, context)
    }

    private func drawForm(_ context: WebContext, _ values: [String: String], _ findings: [FieldFinding]) -> Response {
        let kinds = platform.dictionaries.items(.transportSubjectKind, on: platform.clock.today).map { Choice($0.code, $0.title) }
        let fields = [
            FormField("kind", "抽检对象", .select([Choice("", "货运企业与个体普户")] + kinds), value: values["kind"]),
            FormField("subjects", "抽取主体", .number(step: "1"), value: values["subjects"] ?? "3", isRequired: true, unit: "家", minimum: "1", maximum: "100"),
            FormField("items", "抽取检查项", .number(step: "1"), value: values["items"] ?? "2", isRequired: true, unit: "项", minimum: "1", maximum: "50"),
            FormField(
                "seed", "随机种子", .number(step: "1"), value: values["seed"] ?? String(platform.clock.now.milliseconds % 1_000_000), isRequired: true,
                help: "随记录保存；用同一种子可复现同样的抽取，也可当场由企业给出"),
        ]
        let form = Form(action: "/inspection/draws/new", sections: [FormSection(nil, fields)], submit: "抽取并派发", cancel: "/inspection/draws", findings: findings, context: context)
        return Shell.form("新的抽检", crumbs: [Crumb("随机抽检", "/inspection/draws"), Crumb("新的抽检")], active: "/inspection/draws", form, context: context)
    }

    @Sendable func draw(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context)
        let values = ["kind", "subjects", "items", "seed"].reduce(into: [String: String]()) { $0[$1] = input[$1] }
        guard let seed = values["seed"].flatMap({ Int64($0) }) else { return drawForm(context, values, [FieldFinding("seed", "format", "应为整数", title: "随机种子")]) }
        do {
            let drawn = try await platform.database.write { [campaigns] tx in
                try campaigns.draw(
                    subjects: values["subjects"].flatMap { Int($0) } ?? 0, items: values["items"].flatMap { Int($0) } ?? 0, kind: values["kind"], seed: seed, by: principal, in: tx)
            }
            return Shell.done("已从 \(drawn.population) 家中抽取 \(drawn.subjects.count) 家", to: "/inspection/draws/\(drawn.id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return drawForm(context, values, failure.fields)
        }
    }

    @Sendable func drawn(request: Request, context: WebContext) async throws -> Response {
        let (id, scope) = (try context.id(), try context.signedIn().scope)
        let (found, pending) = try await platform.database.read { reader in
            (
                try reader.first("SELECT * FROM inspection_draws d WHERE d.id = \(id) AND \(scope.condition(org: "d.org", area: "d.area"))"),
                try reader.rows(
                    """
                    SELECT p.id, s.name AS subject, i.name AS item, p.assignee_name, p.state, p.due_on, p.record FROM pending_inspections p JOIN transport_subject s ON s.id = p.subject
                    JOIN inspection_item i ON i.id = p.item WHERE p.draw = \(id) ORDER BY s.name, i.code LIMIT 5000
                    """)
            )
        }
        guard let row = found else { throw Failure.notFound("该抽检") }
        let rows = pending.map { line in
            TableRow(
                id: String(line.int("id") ?? 0),
                [
                    "\(line.text("subject"))", "\(line.text("item"))", "\(line.text("assignee_name") ?? "未分派")",
                    "\(platform.dictionaries.title(of: line.text("state") ?? "", in: .pendingState))", "\(line.day("due_on")?.text)",
                ], path: line.int("record").map { "/inspection/records/\($0)" })
        }
        let facts = DescriptionList(
            [
                .init("随机种子", "<b class=\"mono\">\(row.int("seed") ?? 0)</b>"), .init("抽取范围", "\(row.int("population") ?? 0) 家"), .init("抽取时间", "\(row.moment("at"))"),
                .init("抽取人", "\(row.text("by_name"))"),
            ], columns: 2)
        let columns = [Column("subject", "主体", isWrapping: true), Column("item", "检查项", isWrapping: true), Column("officer", "检查人员"), Column("state", "状态"), Column("due", "应查日期")]
        return Shell.page(
            "抽检 \(id)", crumbs: [Crumb("随机抽检", "/inspection/draws"), Crumb("抽检 \(id)")], active: "/inspection/draws",
            actions: "\(ActionButton("打印", .print, icon: "print", style: .quiet))",
            body: "\(Card(body: "\(facts)"))\(Card("抽检单", isFlush: true, body: "\(DataTable(id: "drawn", columns: columns, rows: rows, address: context.here, hasTools: false))"))",
            context: context)
    }
}
