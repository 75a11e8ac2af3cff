import Cryptography
import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Media
import Storage
import Web
import Workflows

/// B1.1.6.3 扫码执行检查: the subject's page, the choice of items, the sheet with three results an item.
struct InspectPages: Sendable {
    let platform: Platform
    private var desk: InspectionDesk { InspectionDesk(platform: platform) }

    func add(to routes: Routes) {
        let reads = RoutePermission.named(EnforcementSubject.ledger.readPermission)
        let inspects = RoutePermission.named(EnforcementPermission.inspect)
        routes.get("/m/subjects/{code}", permission: reads, use: subject)
        routes.get("/m/subjects/{code}/inspect", permission: inspects) { request, context in try await sheet(context, FormInput(items: []), [], .ok) }
        routes.post("/m/subjects/{code}/inspect", permission: inspects, use: submit)
        routes.get("/m/pending/{id}/transfer", permission: inspects) { _, context in try await transferForm(context, nil, []) }
        routes.post("/m/pending/{id}/transfer", permission: inspects, use: transfer)
    }

    private func found(_ context: WebContext) async throws -> Record {
        guard let id = EnforcementSubject.id(ofCode: try context.path("code"), platform.keys) else { throw Failure.notFound("该主体二维码") }
        guard let record = try await platform.ledgers.find(EnforcementSubject.ledger.name, id: id, by: context.signedIn()), record.deletedAt == nil else {
            throw Failure.notFound("该主体")
        }
        return record
    }

    private struct Due: Sendable {
        var item: InspectionItem.Terms
        var pending: Int64?
        var origin: String?
        var dueOn: Day?
        var isBound: Bool
        var isMine: Bool
    }

    /// The items of a subject's industry, of its special ones and of what waits; due ones first.
    private func items(of record: Record, by principal: Principal, _ reader: any Reader) throws -> [Due] {
        let known = try InspectionItem.all(reader)
        let bound = try ItemBinding.items(of: principal.login, reader)
        let industry = record.values["industry"]?.text ?? ""
        let codes = try reader.value("SELECT items FROM transport_industry WHERE code = \(industry) AND deleted_at IS NULL")?.text.map {
            Set((try JSONValue(parsing: $0)).array?.compactMap(\.string) ?? [])
        }
        let pending = try reader.rows("SELECT id, item, origin, due_on, assignee, state FROM pending_inspections WHERE subject = \(record.id) AND done_at IS NULL LIMIT 500")
            .reduce(
                into: [Int64: Row]()
            ) { $0[$1.int("item") ?? 0] = $1 }
        let all = known.compactMap { item -> Due? in
            let row = pending[item.id]
            guard row != nil || codes?.contains(item.code) ?? true else { return nil }
            let isOpen = row?.text("state") == "open"
            return Due(
                item: item, pending: isOpen ? row?.int("id") : nil, origin: row?.text("origin"), dueOn: row?.day("due_on"), isBound: bound?.contains(item.code) ?? true,
                isMine: row?.int("assignee") == principal.id)
        }
        return all.filter { $0.dueOn != nil }.sorted { ($0.dueOn?.number ?? 0, $0.item.code) < ($1.dueOn?.number ?? 0, $1.item.code) } + all.filter { $0.dueOn == nil }
    }

    // MARK: The subject

    @Sendable func subject(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let record = try await found(context)
        let code = try context.path("code")
        let today = platform.clock.today
        let (items, equipment, history) = try await platform.database.read { reader in
            (
                try self.items(of: record, by: principal, reader), try record.org.map { try TransportEquipment.standing(of: $0, reader) } ?? [],
                try reader.rows("SELECT id, inspected_at, officer_name, passed, failed FROM inspection_records WHERE subject = \(record.id) ORDER BY id DESC LIMIT 5")
            )
        }
        func text(_ name: String) -> String { record.values[name]?.text ?? "" }
        let state = text("state")
        let facts = DescriptionList(
            [
                .init("类别", "\(platform.dictionaries.title(of: text("kind"), in: .transportSubjectKind))"),
                .init("状态", "\(Badge(platform.dictionaries.title(of: state, in: .transportSubjectState), SubjectPages.tone(state), isDot: true))"),
                .init("车牌号码", "\(text("plateNo"))"), .init("经营范围", "\(text("businessScope"))"), .init("地址", "\(text("address"))", isWide: true),
            ], columns: 2)
        var actions: Markup = .empty
        let locates: Markup = "<input type=\"hidden\" name=\"longitude\"><input type=\"hidden\" name=\"latitude\">"
        if context.may(EnforcementPermission.mobile) {
            actions += """
                <form method="post" action="/m/field/checkin" data-locate hx-boost="false"><input type="hidden" name="_csrf" value="\(context.csrf)"><input type="hidden" name="kind" value="arrive">\
                <input type="hidden" name="subject" value="\(record.id)">\(locates)<button class="btn" type="submit">\(Icon("pin"))到达签到</button></form>
                """
        }
        if context.may(EnforcementPermission.inspect) {
            actions += "<a class=\"btn btn-primary\" href=\"/m/subjects/\(code)/inspect\" hx-boost=\"false\">\(Icon("clipboard"))执行检查</a>"
        }
        if context.may(EnforcementPermission.field) { actions += "<a class=\"btn\" href=\"/enforcement/subjects/\(record.id)/case\" hx-boost=\"false\">\(Icon("shield"))执法</a>" }
        let due = items.filter { $0.dueOn != nil }.map { one -> (path: String?, title: Markup, note: Markup) in
            let isFailed = one.origin == "failed", isLate = (one.dueOn ?? today) < today
            let mark: Markup =
                isFailed
                ? "\(Badge("不达标复查", .red))" : isLate ? "\(Badge("已到期", .orange))" : "\(Badge(platform.dictionaries.title(of: one.origin ?? "", in: .pendingOrigin), .info))"
            return (
                !one.isBound && one.pending != nil ? "/m/pending/\(one.pending ?? 0)/transfer" : nil, "\(one.item.name)",
                "\(mark) 应查 \(one.dueOn?.text)\(one.isBound ? .empty : " · 不属您的检查项，可流转" as Markup)"
            )
        }
        let past = history.map { row -> (path: String?, title: Markup, note: Markup) in
            (
                context.may(InspectionRecord.ledger.readPermission) ? "/inspection/records/\(row.int("id") ?? 0)" : nil, "\(row.moment("inspected_at")?.text.prefix(16) ?? "")",
                "\(row.text("officer_name")) 合格 \(row.int("passed") ?? 0) 项，不达标 \(row.int("failed") ?? 0) 项"
            )
        }
        let pieces = equipment.map { one -> (path: String?, title: Markup, note: Markup) in
            let left = one.next.map { $0.daysSince1970 - today.daysSince1970 } ?? 0
            let mark: Markup = left < 0 ? "\(Badge("检验已过期", .red))" : left <= TransportEquipment.ahead ? "\(Badge("还有 \(left) 天到期", .orange))" : .empty
            return (
                nil, "\(one.name)",
                "\(mark) \(platform.dictionaries.title(of: one.kind, in: .transportEquipmentKind)) · \(one.place) · 检验至 \(one.next?.text)\(one.checkedOn.map { " · 最近检查 \($0.text)" } ?? "")"
            )
        }
        let special: Markup = pieces.isEmpty ? .empty : "\(Card("特种设备（\(pieces.count)）", body: FieldPages.lines(pieces, empty: "")))"
        return FieldPages.page(
            text("name"), "/m/field",
            "\(Card(text("name"), body: "\(facts)<div class=\"field-actions\">\(actions)</div>"))\(special)\(Card("待查（\(due.count)）", body: FieldPages.lines(due, empty: "没有到期的检查项")))\(Card("最近检查", body: FieldPages.lines(past, empty: "还没有检查过")))",
            context)
    }

    // MARK: The sheet

    private func sheet(_ context: WebContext, _ input: FormInput, _ findings: [FieldFinding], _ status: HTTPResponse.Status) async throws -> Response {
        let principal = try context.signedIn()
        let record = try await found(context)
        let code = try context.path("code")
        let items = try await platform.database.read { reader in try self.items(of: record, by: principal, reader) }.filter(\.isBound)
        guard !items.isEmpty else {
            return FieldPages.page("执行检查", "/m/field", "\(Card(body: "\(EmptyState("没有可检查的项目", hint: "主体未选行业，或检查项不在您的权限内", icon: "clipboard"))"))", context)
        }
        let problems = Dictionary(grouping: findings, by: \.field)
        let rows = items.map { one -> Markup in row(one, input, problems) }
        let general = findings.filter { !$0.field.contains(where: \.isNumber) }
        let said: Markup = findings.isEmpty ? .empty : "\(Notice(.red, "有 \(findings.count) 处需要补充\(general.map { "：\($0.message)" }.first)"))"
        let form: Markup = """
            \(said)<form method="post" action="/m/subjects/\(code)/inspect" enctype="multipart/form-data" class="inspect-sheet stack" data-locate data-inspect hx-boost="false"><input type="hidden" name="_csrf" value="\(context.csrf)">\
            <input type="hidden" name="key" value="\(input["key"] ?? context.requestId)"><input type="hidden" name="longitude"><input type="hidden" name="latitude">\(rows)\
            <label class="inspect-line"><span>情况说明</span><textarea class="form-control" name="note" rows="2" maxlength="500">\(input["note"])</textarea></label>\
            <label class="inspect-grave"><input type="checkbox" name="grave" value="1"\(Markup.flag("checked", input["grave"] != nil))> 问题严重，建议吊销</label>\
            <button class="btn btn-primary" type="submit">提交检查结果</button></form>
            """
        return FieldPages.page("执行检查", "/m/field", status: status, "\(Card(record.values["name"]?.text ?? "", body: form))", context)
    }

    private func row(_ one: Due, _ input: FormInput, _ problems: [String: [FieldFinding]]) -> Markup {
        let id = one.item.id
        let isChosen = input.has("key") ? input.all("item").contains(String(id)) : one.dueOn.map { $0 <= platform.clock.today } ?? false
        let result = input["result\(id)"]
        let choices = InspectionResult.allCases.map { choice -> Markup in
            "<label><input type=\"radio\" name=\"result\(id)\" value=\"\(choice.rawValue)\"\(Markup.flag("checked", result == choice.rawValue))><span>\(choice.title)</span></label>"
        }
        let wrong = ["result\(id)", "note\(id)", "photo\(id)"].flatMap { problems[$0] ?? [] }
        let faults: Markup = wrong.isEmpty ? .empty : "<p class=\"field-fault\" role=\"alert\">\(wrong.map(\.message).joined(separator: "；"))</p>"
        let kept: Markup = input["kept\(id)"].map { "<input type=\"hidden\" name=\"kept\(id)\" value=\"\($0)\"><span class=\"nothing\">照片已上传</span>" } ?? .empty
        let guide: Markup = one.item.guide.isEmpty ? .empty : "<p class=\"nothing\">\(one.item.guide)</p>"
        return """
            <fieldset class="inspect-item"><legend><label><input type="checkbox" name="item" value="\(id)"\(Markup.flag("checked", isChosen))> \(one.item.name)</label>\
            \(one.origin == "failed" ? "\(Badge("不达标复查", .red))" : .empty)\(one.item.isSpecial ? "\(Badge("特种", .orange))" : .empty)</legend>\(guide)<div class="inspect-results" role="radiogroup" aria-label="检查结果">\(choices)</div>\
            <div class="inspect-failed"><label>情况<textarea class="form-control" name="note\(id)" rows="2" maxlength="500">\(input["note\(id)"])</textarea></label>\
            <label>照片<input class="form-control" type="file" name="photo\(id)" accept="image/*" capture="environment"></label>\(kept)</div>\(faults)</fieldset>
            """
    }

    @Sendable func submit(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let record = try await found(context)
        let input = try await request.form(context)
        var kept = input
        var findings: [FieldFinding] = []
        var lines: [InspectionDesk.Finding] = []
        for id in input.all("item").compactMap({ Int64($0) }) {
            guard let result = input["result\(id)"].flatMap(InspectionResult.init) else {
                findings.append(FieldFinding("result\(id)", "required", "请选择合格、不达标或忽略", title: "检查结果"))
                continue
            }
            var photo = input["kept\(id)"].flatMap { open($0, of: principal) }
            if let upload = input.files("photo\(id)").first(where: { !$0.bytes.isEmpty }) {
                do {
                    photo = try await platform.photos.receive(upload.bytes, expectedSHA256: nil, organisation: principal.organisation, clock: platform.clock).sha256
                    if let photo {
                        kept.items.removeAll { $0.name == "kept\(id)" }
                        kept.items.append(.init("kept\(id)", seal(photo, of: principal)))
                    }
                } catch let failure as Failure where failure.kind == .invalid || failure.kind == .tooLarge {
                    findings.append(FieldFinding("photo\(id)", "file", failure.message, title: "照片"))
                }
            }
            lines.append(InspectionDesk.Finding(item: id, result: result, note: (input["note\(id)"] ?? "").trimmedSpaces, photo: photo))
        }
        guard findings.isEmpty else { return try await sheet(context, kept, findings, .unprocessableContent) }
        var visit = InspectionDesk.Visit(subject: record.id, findings: lines, isGrave: input["grave"] != nil, key: input["key"])
        visit.note = String((input["note"] ?? "").prefix(500))
        visit.longitude = input["longitude"].flatMap { Double($0) }
        visit.latitude = input["latitude"].flatMap { Double($0) }
        let done = visit
        do {
            try await platform.database.write { [desk] tx in
                var visit = done
                visit.kind = try desk.kind(of: visit, tx)
                _ = try desk.submit(visit, by: principal, in: tx)
            }
            let failed = lines.count { $0.result == .fail }
            return Shell.done(failed > 0 ? "已提交，\(failed) 项不达标已列入复查" : "已提交，全部合格或忽略", to: "/m/subjects/\(try context.path("code"))", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await sheet(context, kept, failure.fields, .unprocessableContent)
        }
    }

    // A form that comes back keeps its photos by a sealed word, so that nobody names a file that is not theirs.
    private func seal(_ sha256: String, of principal: Principal) -> String {
        "\(sha256)-\(String(platform.keys.mac(purpose: "inspection photo").tag("\(principal.id) \(sha256)").hex.prefix(24)))"
    }

    private func open(_ word: String, of principal: Principal) -> String? {
        guard let sha256 = word.split(separator: "-").first.map(String.init), seal(sha256, of: principal) == word else { return nil }
        return sha256
    }

    // MARK: Not mine

    private func transferForm(_ context: WebContext, _ reason: String?, _ findings: [FieldFinding]) async throws -> Response {
        let form = Form(
            action: context.here.path,
            sections: [FormSection(nil, [FormField("reason", "流转原因", .textArea(rows: 4), value: reason, isRequired: true, maxLength: 500, isWide: true)])], submit: "流转上报",
            cancel: "/m/field",
            findings: findings, context: context)
        return FieldPages.page("流转上报", "/m/field", status: findings.isEmpty ? .ok : .unprocessableContent, "\(Card(body: "\(form)"))", context)
    }

    @Sendable func transfer(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let reason = try await request.form(context)["reason"] ?? ""
        do {
            let item = try await platform.database.write { [platform] tx -> WorkflowCase in
                guard
                    let row = try tx.first("SELECT org, area, subject, item FROM pending_inspections WHERE id = \(id) AND state = 'open'"),
                    principal.scope.admits(org: row.int("org"), area: row.text("area"))
                else { throw Failure.notFound("该待查项") }
                let names = try tx.first(
                    "SELECT s.name AS subject, i.name AS item FROM transport_subject s, inspection_item i WHERE s.id = \(row.int("subject")) AND i.id = \(row.int("item"))")
                let draft = CaseDraft(
                    InspectionTransfer.workflow.name, values: ["reason": .string(reason)], title: "\(names?.text("subject") ?? "")：\(names?.text("item") ?? "")",
                    org: row.int("org"),
                    subject: WorkflowSubject("pendingInspection", id))
                return try platform.workflows.start(draft, by: principal, isAdmitted: true, in: tx)
            }
            return Shell.done("已流转上报 \(item.number)", to: "/m/field", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await transferForm(context, reason, failure.fields)
        }
    }
}

extension InspectionDesk {
    /// 日常, 随机, 特种, 复查 or 专项, by what was waiting for the items of a visit.
    func kind(of visit: Visit, _ reader: any Reader) throws -> String {
        let ids = visit.findings.map(\.item)
        let origins = try reader.rows("SELECT origin FROM pending_inspections WHERE subject = \(visit.subject) AND done_at IS NULL AND item IN (\(list: ids))").compactMap {
            $0[0].text
        }
        for (origin, kind) in [("random", "random"), ("campaign", "campaign"), ("failed", "recheck")] where origins.contains(origin) { return kind }
        let special = try reader.count("SELECT COUNT(*) FROM inspection_item WHERE is_special = 1 AND id IN (\(list: ids))")
        return special > 0 && special == ids.count ? "special" : "daily"
    }
}
