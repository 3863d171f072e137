// Unread marks: an answer is read once its conversation is open on a page in sight.

export function seenBy(connection, current, sidebar) {
  const look = () => {
    if (current() && !document.hidden) connection.send({ type: "seen", conversation: current() });
  };
  return {
    look,
    news({ conversation, unread }) {
      if (unread && conversation === current() && !document.hidden) look();
      else sidebar.unread(conversation, unread);
    },
  };
}
