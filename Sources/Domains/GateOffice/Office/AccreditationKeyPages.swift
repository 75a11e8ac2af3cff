import Cryptography
import Features
import Hummingbird
import Identity
import Kernel
import Ledgers
import MobileSources
import Web

/// the keys of one maintenance unit before the supervisor; the fingerprint is compared before anything is registered.
struct AccreditationKeyPages: Sendable {
    let gates: GateSupervision

    func add(to routes: Routes) {
        let acts = RoutePermission.named(GatePermission.accreditation)
        routes.get("/accreditation/{id}/keys/new", permission: acts, use: form)
        routes.post("/accreditation/{id}/keys/check", permission: acts, use: check)
        routes.post("/accreditation/{id}/keys/new", permission: acts, use: add)
        routes.post("/accreditation/{id}/keys/{key}/revoke", permission: acts, use: revoke)
    }

    private func unit(_ context: WebContext) async throws -> Record {
        guard let unit = try await gates.ledgers.find(MaintenanceUnit.ledger.name, id: context.id(), by: context.signedIn()) else { throw Failure.notFound("运维单位") }
        return unit
    }

    @Sendable private func form(request: Request, context: WebContext) async throws -> Response { form(try await unit(context), PublicKeyInput(), [], context) }

    private func form(_ unit: Record, _ input: PublicKeyInput, _ findings: [FieldFinding], _ context: WebContext) -> Response {
        let sites = gates.registry.snapshot.enterprises.values.sorted { $0.code < $1.code }.filter { context.principal?.scope.admits(org: $0.org, area: $0.county) ?? false }
        return page("登记公钥", "check", input.fields(choices: sites.map { Choice($0.code, "\($0.name)（\($0.code)）") }), submit: "下一步：核对指纹", unit, findings, context)
    }

    private func page(_ title: String, _ path: String, _ fields: [FormField], submit: String, _ unit: Record, _ findings: [FieldFinding], _ context: WebContext) -> Response {
        let base = "/accreditation/\(unit.id)"
        let form = Form(action: "\(base)/keys/\(path)", sections: [FormSection(nil, fields)], submit: submit, cancel: base, findings: findings, context: context)
        return Shell.form(
            title, crumbs: [Crumb("运维单位授权", "/accreditation"), Crumb(unit[MaintenanceUnit.name] ?? "", base), Crumb(title)], active: "/accreditation",
            form, context: context)
    }

    @Sendable private func check(request: Request, context: WebContext) async throws -> Response {
        let unit = try await unit(context)
        let input = PublicKeyInput(try await request.form(context))
        guard input.findings.isEmpty, let key = input.key else { return form(unit, input, input.findings, context) }
        let print: Markup = "<code class=\"secret fingerprint\">\(UnitFace.grouped(key.fingerprint))</code><p>算法 \(key.algorithm)，企业编号 \(input.code)</p>"
        let fields = [
            FormField("what", "请与运维单位电话核对公钥指纹", .shown(print), isWide: true), FormField("enterpriseCode", "", .hidden, value: input.code),
            FormField("pem", "", .hidden, value: input.pem),
        ]
        return page("核对公钥指纹", "new", fields, submit: "指纹一致，登记", unit, [], context)
    }

    @Sendable private func add(request: Request, context: WebContext) async throws -> Response {
        let unit = try await unit(context)
        let input = PublicKeyInput(try await request.form(context))
        guard input.findings.isEmpty else { return form(unit, input, input.findings, context) }
        do {
            try await gates.accreditation.addKey(unit: unit.id, enterpriseCode: input.code ?? "", pem: input.pem ?? "", by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid || failure.kind == .conflict {
            return form(unit, input, PublicKeyInput.findings(failure), context)
        }
        return Shell.done("已登记公钥", to: "/accreditation/\(unit.id)", context: context)
    }

    @Sendable private func revoke(request: Request, context: WebContext) async throws -> Response {
        let unit = try await unit(context)
        try await gates.accreditation.revokeKey(context.id("key"), of: unit.id, by: context.signedIn())
        return Shell.done("已吊销公钥", to: "/accreditation/\(unit.id)", context: context)
    }
}
