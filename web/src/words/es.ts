import type { Words } from "./types.js";

/** De tú, como hablan los guiones de prompts/. */
export const es: Words = {
  locale: "es",
  heading: (name) => (name ? `Te damos la bienvenida, ${name}` : "Te damos la bienvenida"),
  aiAvatar: "Tu guía es un avatar de IA.",
  recording: "Esta conversación se está grabando.",
  guide: "Tu guía",
  guideOnVideo: "Tu guía, en vídeo",
  you: "Tú",
  conversation: "Conversación",
  status: {
    connecting: "Conectando…",
    connected: "En línea",
    reconnecting: "Reconectando…",
    finished: "Terminado",
    notConnected: "Sin conexión",
  },
  steps: { seat: "Sala", connection: "Conexión", guide: "Guía", done: "listo" },
  waiting: {
    seat: "Preparando tu sala…",
    connection: "Abriendo la conexión…",
    coming: "Tu guía está de camino…",
    preparing: "Tu guía ya está aquí y se está preparando…",
    lost: "Se ha cortado la conexión con tu guía. Enseguida vuelve…",
    calledAgain: "Todavía no ha llegado nadie. Hemos vuelto a avisar a tu guía…",
  },
  activity: {
    getting_ready: "Preparándose",
    listening: "Te escucha",
    thinking: "Pensando",
    speaking: "Hablando",
    writing: "Escribiendo",
    reconnecting: "Un momento",
  },
  mode: {
    avatar_refused: "Hoy tu guía te acompaña solo con la voz.",
    avatar_late: "Por ahora tu guía te acompaña solo con la voz.",
    avatar_left: "Tu guía sigue contigo solo con la voz.",
    avatar_stalled: "Tu guía sigue contigo solo con la voz.",
    avatar_budget: "Hoy tu guía te acompaña solo con la voz.",
    speech_failed: "Tu guía no tiene voz en este momento y te escribe.",
  },
  sound: {
    tap: "Toca para oír a tu guía",
    why: "Tu navegador solo reproduce sonido después de un toque.",
  },
  captions: {
    label: "Lo que se ha dicho",
    before: "Aquí aparecerá lo que diga tu guía.",
    empty: "Aquí aparece lo que se dice.",
  },
  chat: {
    label: "Escribe a tu guía",
    placeholder: "O escribe aquí…",
    instead: "Escribe aquí tu respuesta…",
    notYet: "Podrás escribir enseguida",
    send: "Enviar",
    failed: "El mensaje no ha llegado. Vuelve a enviarlo, por favor.",
  },
  microphone: { on: "Micrófono activado", off: "Micrófono desactivado" },
  microphoneNote: {
    off: "Actívalo para hablar, o escribe.",
    asking: "Permítelo en tu navegador, o simplemente escucha y escribe.",
    denied: "Tu navegador lo bloquea. Puedes escuchar y escribir.",
    absent: "No hay ninguno. Puedes escuchar y escribir.",
    failed: "No se ha podido activar. Puedes escuchar y escribir.",
  },
  continue: {
    label: "Ir al vídeo de formación",
    going: "Abriendo el vídeo…",
    nowhere: "Vuelve a la página desde la que llegaste y continúa desde allí.",
  },
  standsOut: {
    highlight_continue: "Hasta aquí la bienvenida. Continúa cuando quieras.",
    continue: "Tu vídeo de formación se abrirá enseguida.",
    late: "No hace falta que esperes: tu vídeo de formación está listo.",
    lost: "Puedes continuar directamente o esperar un momento a tu guía.",
  },
  over: {
    ready: "Tu formación está lista",
    elsewhere: "Tu bienvenida está abierta en otro sitio",
    welcome:
      "¡Hola! Nos alegra tenerte aquí. Tu formación está lista y puedes empezarla cuando quieras.",
    tryAgain: "Intentarlo de nuevo",
    bringHere: "Seguir aquí",
  },
  ended: {
    said: "Hasta aquí la bienvenida. ¡Gracias por la charla!",
    completed: "Hasta aquí la bienvenida. ¡Gracias por la charla y que disfrutes del vídeo!",
    had: "Ya has tenido tu bienvenida.",
    silent: "Como no te oíamos, tu guía se ha despedido. Puedes continuar directamente.",
    time_limit: "Se ha acabado el tiempo de la bienvenida. ¡Gracias por la charla!",
    stopped: "Tu guía ha tenido que irse, pero no se ha perdido nada.",
  },
  failed: {
    refused: "Tu guía no puede unirse en este momento, pero no se ha perdido nada.",
    unreachable: "No hemos podido avisar a tu guía, pero no se ha perdido nada.",
    connect_failed: "No hemos podido conectar con tu guía, pero no se ha perdido nada.",
    connection_lost: "Se ha cortado la conexión con tu guía, pero no se ha perdido nada más.",
    no_guide: "Tu guía se retrasa. No hace falta que esperes.",
    taken_over: "Se ha abierto en otra pestaña o ventana y continúa allí.",
    page_error: "Algo ha fallado en esta página, pero no se ha perdido nada.",
  },
  page: {
    title: "La bienvenida a tu formación",
    openedAlone: "Esta página se abre desde tu plataforma de formación",
    openIt:
      "Se ha cargado sin una sesión de formación, así que todavía no hay a quién dar la bienvenida. Ábrela desde la plataforma.",
    forDevelopers:
      "Para quien desarrolla: ejecuta `make demo`, o sirve la página ya compilada con un elemento `greeting-config` en el `head`.",
  },
};
