import Kernel

/// Links between the views of one thing.
package struct Tabs: Rendered {
    package struct Tab: Sendable {
        package var title: String
        package var path: String
        package var isActive: Bool
        package var count: Int?

        package init(_ title: String, _ path: String, isActive: Bool = false, count: Int? = nil) {
            self.title = title
            self.path = path
            self.isActive = isActive
            self.count = count
        }
    }

    package var tabs: [Tab]

    package init(_ tabs: [Tab]) { self.tabs = tabs }

    package var markup: Markup {
        let items = tabs.map { tab -> Markup in
            "<li><a href=\"\(tab.path)\"\(Markup.flag("aria-current=\"page\"", tab.isActive))>\(tab.title)\(tab.count.map { count -> Markup in "<span class=\"count\">\(Figure.grouped(count))</span>" })</a></li>"
        }
        return "<nav class=\"tabs\" aria-label=\"\(Language.say("视图", "Views"))\"><ul>\(items)</ul></nav>"
    }
}

/// What happened to one thing, newest first as given.
package struct Timeline: Rendered {
    package struct Entry: Sendable {
        package var moment: Moment
        package var title: String
        package var who: String
        package var body: Markup
        package var tone: Tone

        package init(_ moment: Moment, _ title: String, who: String = "", body: Markup = .empty, tone: Tone = .neutral) {
            self.moment = moment
            self.title = title
            self.who = who
            self.body = body
            self.tone = tone
        }
    }

    package var entries: [Entry]

    package init(_ entries: [Entry]) { self.entries = entries }

    package var markup: Markup {
        let items = entries.map { entry -> Markup in
            """
            <li class="tone-\(entry.tone.rawValue)"><div class="timeline-head"><strong>\(entry.title)</strong><span>\(entry.who)</span><time datetime="\(entry.moment.rfc3339)">\(entry.moment)</time></div>\
            \(Markup.when(!entry.body.isEmpty, "<div class=\"timeline-body\">\(entry.body)</div>"))</li>
            """
        }
        return "<ol class=\"timeline\">\(items)</ol>"
    }
}

/// Names and values of one record.
package struct DescriptionList: Rendered {
    package struct Item: Sendable {
        package var title: String
        package var value: Markup
        package var isWide: Bool

        package init(_ title: String, _ value: Markup, isWide: Bool = false) {
            self.title = title
            self.value = value
            self.isWide = isWide
        }
    }

    package var items: [Item]
    /// 1, 2 or 3 pairs a line on a wide window.
    package var columns: Int

    package init(_ items: [Item], columns: Int = 2) {
        self.items = items
        self.columns = columns
    }

    package var markup: Markup {
        let lines = items.map { item -> Markup in
            "<div\(Markup.attribute("class", item.isWide ? "is-wide" : nil))><dt>\(item.title)</dt><dd>\(item.value.isEmpty ? "<span class=\"nothing\">—</span>" : item.value)</dd></div>"
        }
        return "<dl class=\"facts facts-\(min(max(columns, 1), 3))\">\(lines)</dl>"
    }
}

/// A long task. While it runs the fragment reloads itself from `refresh` every second; answer that GET with this value again.
package struct TaskProgress: Rendered {
    package var id: String
    package var title: String
    package var done: Int
    /// Nil while the amount of work is unknown.
    package var total: Int?
    package var note: Markup
    /// Nil when the task has ended.
    package var refresh: String?
    package var tone: Tone

    package init(id: String, _ title: String, done: Int, total: Int?, note: Markup = .empty, refresh: String?, tone: Tone = .info) {
        self.id = id
        self.title = title
        self.done = done
        self.total = total
        self.note = note
        self.refresh = refresh
        self.tone = tone
    }

    package var markup: Markup {
        let poll: Markup = refresh.map { " hx-get=\"\($0)\" hx-trigger=\"every 1s\" hx-target=\"this\" hx-swap=\"outerHTML\" hx-push-url=\"false\"" } ?? .empty
        let bar: Markup = total.map { "<progress max=\"\(max($0, 1))\" value=\"\(done)\"></progress>" } ?? "<progress></progress>"
        let figure: Markup = total.map { "\(Figure.grouped(done)) / \(Figure.grouped($0))" } ?? "\(Figure.grouped(done))"
        return
            "<div class=\"task tone-\(tone.rawValue)\" id=\"\(id)\"\(poll) role=\"status\"><div class=\"task-head\"><span>\(title)</span><span class=\"task-figure\">\(figure)</span></div>\(bar)<div class=\"task-note\">\(note)</div></div>"
    }
}

/// Photos that open large (arrow keys, zoom, rotate).
package struct PhotoStrip: Rendered {
    package struct Photo: Sendable {
        package var full: String
        package var thumbnail: String
        package var title: String
        package var note: String

        package init(full: String, thumbnail: String, title: String, note: String = "") {
            self.full = full
            self.thumbnail = thumbnail
            self.title = title
            self.note = note
        }
    }

    package var photos: [Photo]
    package var isLarge: Bool

    package init(_ photos: [Photo], isLarge: Bool = false) {
        self.photos = photos
        self.isLarge = isLarge
    }

    package var markup: Markup {
        guard !photos.isEmpty else { return "<span class=\"nothing\">\(Language.say("无照片", "No photos"))</span>" }
        let items = photos.map { photo -> Markup in
            """
            <figure><a href="\(photo.full)" data-photo="\(photo.full)" data-note="\(photo.note)" hx-boost="false" target="_blank"><img src="\(photo.thumbnail)" alt="\(photo.title)" loading="lazy"></a>\
            <figcaption>\(photo.title)</figcaption></figure>
            """
        }
        return "<div class=\"photos\(isLarge ? " is-large" : "")\" data-photos>\(items)</div>"
    }
}

/// A recording to play in place; without JavaScript and where the browser cannot decode it, it can still be saved.
package struct VideoPlayer: Rendered {
    package var path: String
    package var title: String
    package var note: String

    package init(_ path: String, title: String, note: String = "") {
        self.path = path
        self.title = title
        self.note = note
    }

    package var markup: Markup {
        """
        <figure class="clip"><video controls preload="metadata" playsinline src="\(path)" aria-label="\(title)"></video>\
        <figcaption>\(title)<small>\(note)</small><a href="\(path)" download hx-boost="false">\(Language.say("下载视频", "Download"))</a></figcaption></figure>
        """
    }
}

/// A list that grows by itself: live HTML events of the topic are put on top; older lines beyond `limit` go.
package struct LiveList: Rendered {
    package var topic: String
    package var items: [Markup]
    package var limit: Int
    package var empty: String

    /// - Parameter items: each an `<li>`, newest first, as live events of this topic will be.
    package init(topic: String, items: [Markup], limit: Int = 50, empty: String = Language.say("暂无动态", "Nothing yet")) {
        self.topic = topic
        self.items = items
        self.limit = limit
        self.empty = empty
    }

    package var markup: Markup { "<ul class=\"live-list\" data-live=\"\(topic)\" data-limit=\"\(limit)\" data-empty=\"\(empty)\" aria-live=\"polite\">\(items)</ul>" }
}
