import Kernel

/// What a gate is told of one record (interfaces/gate.md Passes).
package struct PassResult: Sendable {
    package enum Status: String, Sendable { case stored, duplicate, rejected }

    package var serialNo: Int64?
    package var status: Status
    package var passId: Int64?
    package var verdict: String?
    package var findings: [GatePassRule.Finding]
    package var errors: [FieldFinding]
    package var ignored: [String]

    package var json: JSONValue {
        var members: [(name: String, value: JSONValue)] = [
            ("serialNo", JSONValue(serialNo)), ("status", .string(status.rawValue)), ("passId", JSONValue(passId)), ("verdict", JSONValue(verdict)),
        ]
        members.append(("findings", .array(findings.map { ["code": .string($0.kind.rawValue), "msg": .string($0.message)] })))
        members.append(("errors", .array(errors.map { ["field": .string($0.field), "code": .string($0.code), "msg": .string($0.message)] })))
        return .object(JSONObject(members))
    }
}

extension PassResult {
    /// `json` as text, without the tree: a hundred of them answer one request.
    package func write(into out: inout [UInt8]) {
        out.append(contentsOf: "{\"serialNo\":".utf8)
        JSONValue(serialNo).write(into: &out)
        out.append(contentsOf: ",\"status\":\"".utf8)
        out.append(contentsOf: status.rawValue.utf8)
        out.append(contentsOf: "\",\"passId\":".utf8)
        JSONValue(passId).write(into: &out)
        out.append(contentsOf: ",\"verdict\":".utf8)
        JSONValue(verdict).write(into: &out)
        out.append(contentsOf: ",\"findings\":[".utf8)
        for (index, finding) in findings.enumerated() {
            out.append(contentsOf: (index == 0 ? "{\"code\":\"" : ",{\"code\":\"").utf8)
            out.append(contentsOf: finding.kind.rawValue.utf8)
            out.append(contentsOf: "\",\"msg\":".utf8)
            JSONValue.string(finding.message).write(into: &out)
            out.append(UInt8(ascii: "}"))
        }
        out.append(contentsOf: "],\"errors\":".utf8)
        JSONValue.array(errors.map { ["field": .string($0.field), "code": .string($0.code), "msg": .string($0.message)] }).write(into: &out)
        out.append(UInt8(ascii: "}"))
    }
}

/// The gate system that speaks: which enterprise, which client, from where.
package struct GateTerminal: Sendable {
    package var org: Int64
    package var enterpriseCode: String
    package var accreditationNo: String
    package var address: String

    package init(org: Int64, enterpriseCode: String, accreditationNo: String, address: String) {
        self.org = org
        self.enterpriseCode = enterpriseCode
        self.accreditationNo = accreditationNo
        self.address = address
    }
}
