import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Points
import Web

/// Values come in over `POST /api/v1/points/values`, by an application's token with the scope `point.report`. A worked client stands in docs/interfaces/points.md.
struct PointAPI: Sendable {
    let engine: PointEngine
    static let mostBytes = 8 << 20
    static let mostValues = 50_000

    func add(to routes: Routes) {
        let api = routes.under("/api/v1")
        api.post("/points/values", permission: .named(PointPermission.report), use: take)
        api.get("/points/{code}/values", permission: .named(PointPermission.read), use: give)
    }

    /// `POST /api/v1/points/values`: `{"values": [["code", time, value, quality?], …]}`, or `text/plain` lines `code,ms,value[,quality]`.
    @Sendable
    func take(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let reports: [PointReport]
        var faults: [PointLines.Fault] = []
        if request.headers[.contentType]?.hasPrefix("text/plain") == true {
            let lines = PointLines(try await request.bytes(context, limit: Self.mostBytes))
            (reports, faults) = (lines.reports, lines.faults)
        } else {
            reports = try Self.reports(try await request.json(context, limit: Self.mostBytes))
        }
        guard !reports.isEmpty || !faults.isEmpty, reports.count <= PointLines.mostLines else {
            throw Failure.invalid([FieldFinding("values", "range", "应有 1 至 \(PointLines.mostLines) 个", title: "数值")])
        }
        guard faults.isEmpty else {
            throw Failure.invalid(faults.map { FieldFinding("line[\($0.line)]", "format", $0.message, title: "第 \($0.line) 行") })
        }
        let receipt = try await engine.append(reports, source: principal.kind == .client ? principal.name : principal.login, by: principal)
        let refused = receipt.refused.prefix(1000).map { one -> JSONValue in
            ["index": .int(Int64(one.index)), "code": .string(one.code), "reason": .string(one.reason.rawValue), "message": .string(one.reason.title)]
        }
        return .json([
            "received": .int(Int64(receipt.received)), "stored": .int(Int64(receipt.stored)), "late": .int(Int64(receipt.late)), "doubled": .int(Int64(receipt.doubled)),
            "refused": .int(Int64(receipt.refused.count)), "refusals": .array(Array(refused)),
        ])
    }

    /// - Throws: `.invalid` with every wrong row, at most 100.
    static func reports(_ body: JSONValue) throws -> [PointReport] {
        guard let rows = body["values"]?.array, !rows.isEmpty, rows.count <= mostValues else {
            throw Failure.invalid([FieldFinding("values", "range", "应有 1 至 \(mostValues) 个", title: "数值")])
        }
        var findings: [FieldFinding] = []
        let reports = rows.enumerated().compactMap { index, row -> PointReport? in
            func wrong(_ message: String) -> PointReport? {
                if findings.count < 100 { findings.append(FieldFinding("values[\(index)]", "format", message, title: "第 \(index + 1) 个")) }
                return nil
            }
            guard let parts = row.array, (3...4).contains(parts.count) else { return wrong("应为 [编码, 时间, 数值] 或 [编码, 时间, 数值, 质量]") }
            guard let code = parts[0].string, !code.isEmpty, code.count <= 64 else { return wrong("编码应为 1—64 字") }
            guard let at = parts[1].int.map({ Moment(milliseconds: $0) }) ?? parts[1].string.flatMap({ Moment(parsing: $0) }) else { return wrong("时间应为毫秒数或 RFC 3339 文本") }
            guard let value = parts[2].double ?? parts[2].bool.map({ $0 ? 1 : 0 }) else { return wrong("数值应为数字") }
            var quality = PointQuality.good
            if parts.count == 4 {
                guard let given = parts[3].int.flatMap({ UInt8(exactly: $0) }).flatMap(PointQuality.init) else { return wrong("质量应为 0（有效）、1（存疑）或 2（无效）") }
                quality = given
            }
            return PointReport(code, PointSample(at, value, quality))
        }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        return reports
    }

    /// `GET /api/v1/points/{code}/values?from=&to=&step=`: values, or with `step` (seconds) what they come to.
    @Sendable
    func give(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let code = try context.path("code")
        guard let point = try await engine.registry().point(code: code), principal.scope.admits(org: point.org, area: point.area) else { throw Failure.notFound("监测点") }
        let now = engine.clock.now
        let to = context.here["to"].flatMap { Moment(parsing: $0) } ?? now
        let from = context.here["from"].flatMap { Moment(parsing: $0) } ?? to.adding(seconds: -3600)
        guard from < to else { throw Failure.invalid([FieldFinding("from", "range", "应早于结束时间", title: "开始时间")]) }
        let head: [(name: String, value: JSONValue)] = [
            ("code", .string(point.code)), ("name", .string(point.name)), ("unit", .string(point.unit)), ("from", .string(from.rfc3339)), ("to", .string(to.rfc3339)),
        ]
        guard let step = context.here["step"] else {
            let samples = try await engine.read(point.id, from: from, to: to)
            let values = samples.map { sample -> JSONValue in [.int(sample.at.milliseconds), .double(sample.value), .int(Int64(sample.quality.rawValue))] }
            return .json(.object(JSONObject(head + [("values", .array(values))])))
        }
        guard let seconds = Int64(step), (1...86_400).contains(seconds), to.seconds(since: from) / Double(seconds) <= 20_000 else {
            throw Failure.invalid([FieldFinding("step", "range", "应为 1—86400 秒，且不超过 20000 段", title: "步长")])
        }
        let buckets = try await engine.aggregate(point.id, from: from, to: to, step: seconds * 1000)
        let items = buckets.map { bucket -> JSONValue in
            let sums = bucket.sums, hasAny = sums.count > 0
            return [
                "at": .string(bucket.at.rfc3339), "count": .int(Int64(sums.count)), "bad": .int(Int64(sums.bad)), "min": JSONValue(hasAny ? sums.low : nil),
                "max": JSONValue(hasAny ? sums.high : nil), "mean": JSONValue(sums.mean), "deviation": JSONValue(sums.deviation), "first": JSONValue(sums.first?.value),
                "last": JSONValue(sums.last?.value),
            ]
        }
        return .json(.object(JSONObject(head + [("step", .int(seconds)), ("items", .array(items))])))
    }
}
