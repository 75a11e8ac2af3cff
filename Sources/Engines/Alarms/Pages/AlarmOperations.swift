import Exchange
import Kernel

/// The JSON API of alarms as OpenAPI describes it.
package enum AlarmOperations {
    package static let tag = "alarms"
    package static let schemas: [(name: String, schema: JSONValue)] = [("Alarm", alarm), ("AlarmDetail", detail), ("AlarmStatistics", statistics)]

    /// - Parameter security: names of the document's security schemes, any one of which is enough.
    package static func all(security: [String]) -> [APIOperation] {
        [
            APIOperation(
                .get, "/api/v1/alarms", "报警列表，新的在前", tag: tag,
                parameters: filters + [APIParameter("after", "上一页的 next"), APIParameter("limit", "每页条数", APISchema.integer(in: 1...200))],
                responses: [
                    APIResponse(
                        200, "一页报警",
                        APISchema.object(
                            [("items", APISchema.array(of: APISchema.reference("Alarm"))), ("next", APISchema.nullable(APISchema.string("下一页游标")))], required: ["items"])),
                    .problem(401, "未登录"), .problem(403, "没有权限"), .problem(422, "游标有误"),
                ], security: security, id: "listAlarms"),
            APIOperation(
                .get, "/api/v1/alarms/{id}", "一条报警，连同时间线与证据链", tag: tag,
                responses: [APIResponse(200, "报警", APISchema.reference("AlarmDetail")), .problem(401, "未登录"), .problem(403, "没有权限"), .problem(404, "不存在或不在数据范围内")],
                security: security, id: "getAlarm"),
            APIOperation(
                .post, "/api/v1/alarms/{id}/transitions", "处理报警", tag: tag, details: "accept 受理、confirm 认定成立、revoke 撤销、close 关闭、reopen 重新处理；除受理外须有意见。version 给出所见的版本，他人已处理时拒绝。",
                request: APIBody(
                    APISchema.object(
                        [("action", APISchema.string("操作")), ("opinion", APISchema.string("处理意见，1000 字以内")), ("version", APISchema.integer("所见版本"))], required: ["action"])),
                responses: [
                    APIResponse(200, "处理后的报警", APISchema.reference("Alarm")), .problem(403, "没有权限"), .problem(404, "不存在或不在数据范围内"), .problem(409, "JW-A020 状态不允许；JW-A021 已被他人处理"),
                    .problem(422, "缺少意见或操作不存在"),
                ], security: security, id: "transitionAlarm"),
            APIOperation(
                .post, "/api/v1/alarm-signals", "上报报警，每次 1 至 1000 条", tag: tag,
                details: "落库后才答复，次序与上报相同；同一单位、类型、点位的重复报警合并计数。kind 为可登记的报警类型，traits 为该类型的特征，用于分级。",
                request: APIBody(
                    APISchema.object(
                        [
                            (
                                "signals",
                                APISchema.array(
                                    of: APISchema.object(
                                        [
                                            ("kind", APISchema.string("报警类型")), ("title", APISchema.string("内容，200 字以内")), ("org", APISchema.integer("单位编号")),
                                            ("place", APISchema.string("位置")),
                                            ("subject", APISchema.string("点位或对象")), ("occurredAt", APISchema.moment()), ("traits", APISchema.array(of: APISchema.string("特征"))),
                                            ("facts", APISchema.object([], "原始数据，作为证据保存")),
                                        ], required: ["kind", "title", "subject"]), "报警")
                            )
                        ], required: ["signals"])),
                responses: [
                    APIResponse(
                        200, "逐条结果",
                        APISchema.object(
                            [
                                (
                                    "results",
                                    APISchema.array(
                                        of: APISchema.object(
                                            [
                                                ("result", APISchema.string("opened、merged 或 suppressed")), ("alarm", APISchema.integer("报警编号")),
                                                ("window", APISchema.integer("停用免报编号")),
                                            ],
                                            required: ["result"]))
                                )
                            ], required: ["results"])),
                    .problem(401, "未登录"), .problem(403, "没有权限"), .problem(422, "内容有误，逐条列出"),
                ], security: security, id: "reportAlarms"),
            APIOperation(
                .get, "/api/v1/alarms/statistics", "报警统计", tag: tag, parameters: [APIParameter("by", "维度：day、month、kind、grade、area、org")] + filters,
                responses: [APIResponse(200, "各组数字", APISchema.reference("AlarmStatistics")), .problem(401, "未登录"), .problem(403, "没有权限")], security: security,
                id: "alarmStatistics"),
        ]
    }

    private static let filters: [APIParameter] = [
        APIParameter("state", "状态，可重复：new、handling、reconsidering、confirmed、revoked、closed、open"), APIParameter("kind", "类型，可重复"),
        APIParameter("grade", "等级 1…4，可重复", APISchema.integer(in: 1...4)),
        APIParameter("area", "行政区划代码，市级代码含其下各县"), APIParameter("org", "企业编号", APISchema.integer()), APIParameter("day_from", "发生日期起", APISchema.day()),
        APIParameter("day_to", "发生日期止", APISchema.day()), APIParameter("plate", "号牌开头"), APIParameter("q", "报警号、标题、位置、企业的一部分"), APIParameter("overdue", "1：只看超时未受理"),
    ]

    private static let fields: [(name: String, schema: JSONValue)] = [
        ("id", APISchema.integer()), ("number", APISchema.string("报警号")), ("kind", APISchema.string("类型")), ("kindTitle", APISchema.string("类型名称")),
        ("grade", APISchema.integer("等级", in: 1...4)),
        ("state", APISchema.string("状态")), ("title", APISchema.string("内容")),
        ("reasons", APISchema.array(of: APISchema.object([("code", APISchema.string()), ("message", APISchema.string())], required: ["code", "message"]), "判定理由")),
        ("org", APISchema.nullable(APISchema.integer())), ("orgName", APISchema.string("企业")), ("area", APISchema.nullable(APISchema.string("行政区划代码"))),
        ("place", APISchema.string("位置")),
        ("subject", APISchema.string("对象")), ("plate", APISchema.nullable(APISchema.string("号牌"))), ("occurredAt", APISchema.moment("首次发生")), ("lastAt", APISchema.moment("最近发生")),
        ("times", APISchema.integer("次数")), ("raisedAt", APISchema.moment("产生时间")), ("dueAt", APISchema.nullable(APISchema.moment("受理时限"))),
        ("respondedAt", APISchema.nullable(APISchema.moment("受理时间"))), ("ruleVersion", APISchema.nullable(APISchema.integer())),
        ("listVersion", APISchema.nullable(APISchema.integer())),
        ("strategyVersion", APISchema.nullable(APISchema.integer())), ("sourceKind", APISchema.nullable(APISchema.string())), ("sourceId", APISchema.nullable(APISchema.integer())),
        ("handler", APISchema.nullable(APISchema.string("处理人"))), ("opinion", APISchema.nullable(APISchema.string("处理意见"))), ("chainHead", APISchema.string("证据链末端 SM3")),
        ("evidenceCount", APISchema.integer("证据数")), ("version", APISchema.integer("版本")),
    ]

    private static let alarm = APISchema.object(fields, required: ["id", "number", "kind", "grade", "state", "title", "reasons", "occurredAt", "times", "version"], "报警")

    private static let detail = APISchema.object(
        fields + [
            (
                "timeline",
                APISchema.array(
                    of: APISchema.object([
                        ("at", APISchema.moment()), ("action", APISchema.string()), ("from", APISchema.nullable(APISchema.string())),
                        ("to", APISchema.nullable(APISchema.string())), ("by", APISchema.string()),
                        ("text", APISchema.string()),
                    ]), "时间线")
            ),
            (
                "evidence",
                APISchema.array(
                    of: APISchema.object([
                        ("seq", APISchema.integer()), ("kind", APISchema.string()), ("title", APISchema.string()), ("sha256", APISchema.string()),
                        ("occurrence", APISchema.integer()),
                        ("addedAt", APISchema.moment()), ("late", APISchema.boolean()), ("locked", APISchema.boolean()), ("chainedHash", APISchema.string()),
                    ]), "证据")
            ),
            ("awaited", APISchema.array(of: APISchema.object([("sha256", APISchema.string()), ("title", APISchema.string()), ("since", APISchema.moment())]), "未到的照片")),
            ("chainFaults", APISchema.array(of: APISchema.string(), "证据链问题，空为完整")),
        ], required: ["id", "number", "timeline", "evidence", "chainFaults"], "报警详情")

    private static let statistics = APISchema.object(
        [
            ("by", APISchema.string("维度")),
            (
                "items",
                APISchema.array(
                    of: APISchema.object(
                        [
                            ("key", APISchema.string("组")), ("opened", APISchema.integer("报警数")), ("times", APISchema.integer("发生次数")), ("states", APISchema.object([], "各状态的数")),
                            ("meanResponseSeconds", APISchema.nullable(APISchema.number("平均受理秒数"))),
                        ],
                        required: ["key", "opened", "times", "states"]))
            ),
        ], required: ["by", "items"], "报警统计")
}
